"""Field numbers of the messages that kubectl sends, from the generated.proto files of Kubernetes 1.34.

One line a message: `number:jsonName:kind`, separated by blanks. Kinds are string, bytes, bool, int or a message; `[`
marks a list, `{` a map from strings, `?` a value whose zero means that it was not given; an empty name is embedded
in the outer message. Status and the vendors' volume sources are left out.
"""

_TABLE = """\
Affinity 1:nodeAffinity:NodeAffinity 2:podAffinity:PodAffinity 3:podAntiAffinity:PodAntiAffinity
AggregationRule 1:clusterRoleSelectors:[LabelSelector
AppArmorProfile 1:type:string? 2:localhostProfile:string
Binding 1:metadata:ObjectMeta 2:target:ObjectReference
BoundObjectReference 1:kind:string? 2:apiVersion:string? 3:name:string? 4:uid:string?
CSIVolumeSource 1:driver:string? 2:readOnly:bool 3:fsType:string 4:volumeAttributes:{string 5:nodePublishSecretRef:LocalObjectReference
Capabilities 1:add:[string 2:drop:[string
ClientIPConfig 1:timeoutSeconds:int
ClusterRole 1:metadata:ObjectMeta 2:rules:[PolicyRule 3:aggregationRule:AggregationRule
ClusterRoleBinding 1:metadata:ObjectMeta 2:subjects:[Subject 3:roleRef:RoleRef
ClusterTrustBundleProjection 1:name:string 2:signerName:string 3:labelSelector:LabelSelector 4:path:string? 5:optional:bool
ConfigMap 1:metadata:ObjectMeta 2:data:{string 3:binaryData:{bytes 4:immutable:bool
ConfigMapEnvSource 1::LocalObjectReference 2:optional:bool
ConfigMapKeySelector 1::LocalObjectReference 2:key:string? 3:optional:bool
ConfigMapNodeConfigSource 1:namespace:string? 2:name:string? 3:uid:string? 4:resourceVersion:string? 5:kubeletConfigKey:string?
ConfigMapProjection 1::LocalObjectReference 2:items:[KeyToPath 4:optional:bool
ConfigMapVolumeSource 1::LocalObjectReference 2:items:[KeyToPath 3:defaultMode:int 4:optional:bool
Container 1:name:string? 2:image:string? 3:command:[string 4:args:[string 5:workingDir:string? 6:ports:[ContainerPort 7:env:[EnvVar 8:resources:ResourceRequirements 9:volumeMounts:[VolumeMount 10:livenessProbe:Probe 11:readinessProbe:Probe 12:lifecycle:Lifecycle 13:terminationMessagePath:string? 14:imagePullPolicy:string? 15:securityContext:SecurityContext 16:stdin:bool? 17:stdinOnce:bool? 18:tty:bool? 19:envFrom:[EnvFromSource 20:terminationMessagePolicy:string? 21:volumeDevices:[VolumeDevice 22:startupProbe:Probe 23:resizePolicy:[ContainerResizePolicy 24:restartPolicy:string 25:restartPolicyRules:[ContainerRestartRule
ContainerPort 1:name:string? 2:hostPort:int? 3:containerPort:int? 4:protocol:string? 5:hostIP:string?
ContainerResizePolicy 1:resourceName:string? 2:restartPolicy:string?
ContainerRestartRule 1:action:string? 2:exitCodes:ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes 1:operator:string? 2:values:[int
DaemonSet 1:metadata:ObjectMeta 2:spec:DaemonSetSpec
DaemonSetSpec 1:selector:LabelSelector 2:template:PodTemplateSpec 3:updateStrategy:DaemonSetUpdateStrategy 4:minReadySeconds:int? 6:revisionHistoryLimit:int
DaemonSetUpdateStrategy 1:type:string? 2:rollingUpdate:RollingUpdateDaemonSet
DeleteOptions 1:gracePeriodSeconds:int 2:preconditions:meta.Preconditions 3:orphanDependents:bool 4:propagationPolicy:string 5:dryRun:[string 6:ignoreStoreReadErrorWithClusterBreakingPotential:bool
Deployment 1:metadata:ObjectMeta 2:spec:DeploymentSpec
DeploymentSpec 1:replicas:int 2:selector:LabelSelector 3:template:PodTemplateSpec 4:strategy:DeploymentStrategy 5:minReadySeconds:int? 6:revisionHistoryLimit:int 7:paused:bool? 9:progressDeadlineSeconds:int
DeploymentStrategy 1:type:string? 2:rollingUpdate:RollingUpdateDeployment
DownwardAPIProjection 1:items:[DownwardAPIVolumeFile
DownwardAPIVolumeFile 1:path:string? 2:fieldRef:ObjectFieldSelector 3:resourceFieldRef:ResourceFieldSelector 4:mode:int
DownwardAPIVolumeSource 1:items:[DownwardAPIVolumeFile 2:defaultMode:int
EmptyDirVolumeSource 1:medium:string? 2:sizeLimit:Quantity
EndpointAddress 1:ip:string? 2:targetRef:ObjectReference 3:hostname:string? 4:nodeName:string
EndpointPort 1:name:string? 2:port:int? 3:protocol:string? 4:appProtocol:string
EndpointSubset 1:addresses:[EndpointAddress 2:notReadyAddresses:[EndpointAddress 3:ports:[EndpointPort
Endpoints 1:metadata:ObjectMeta 2:subsets:[EndpointSubset
EnvFromSource 1:prefix:string? 2:configMapRef:ConfigMapEnvSource 3:secretRef:SecretEnvSource
EnvVar 1:name:string? 2:value:string? 3:valueFrom:EnvVarSource
EnvVarSource 1:fieldRef:ObjectFieldSelector 2:resourceFieldRef:ResourceFieldSelector 3:configMapKeyRef:ConfigMapKeySelector 4:secretKeyRef:SecretKeySelector 5:fileKeyRef:FileKeySelector
EphemeralContainer 1::EphemeralContainerCommon 2:targetContainerName:string?
EphemeralContainerCommon 1:name:string? 2:image:string? 3:command:[string 4:args:[string 5:workingDir:string? 6:ports:[ContainerPort 7:env:[EnvVar 8:resources:ResourceRequirements 9:volumeMounts:[VolumeMount 10:livenessProbe:Probe 11:readinessProbe:Probe 12:lifecycle:Lifecycle 13:terminationMessagePath:string? 14:imagePullPolicy:string? 15:securityContext:SecurityContext 16:stdin:bool? 17:stdinOnce:bool? 18:tty:bool? 19:envFrom:[EnvFromSource 20:terminationMessagePolicy:string? 21:volumeDevices:[VolumeDevice 22:startupProbe:Probe 23:resizePolicy:[ContainerResizePolicy 24:restartPolicy:string 25:restartPolicyRules:[ContainerRestartRule
EphemeralVolumeSource 1:volumeClaimTemplate:PersistentVolumeClaimTemplate
Event 1:metadata:ObjectMeta 2:involvedObject:ObjectReference 3:reason:string? 4:message:string? 5:source:EventSource 6:firstTimestamp:Time 7:lastTimestamp:Time 8:count:int? 9:type:string? 10:eventTime:MicroTime 11:series:EventSeries 12:action:string? 13:related:ObjectReference 14:reportingComponent:string? 15:reportingInstance:string?
EventSeries 1:count:int? 2:lastObservedTime:MicroTime
EventSource 1:component:string? 2:host:string?
Eviction 1:metadata:ObjectMeta 2:deleteOptions:DeleteOptions
ExecAction 1:command:[string
FieldSelectorAttributes 1:rawSelector:string? 2:requirements:[FieldSelectorRequirement
FieldSelectorRequirement 1:key:string? 2:operator:string? 3:values:[string
FileKeySelector 1:volumeName:string? 2:path:string? 3:key:string? 4:optional:bool
GRPCAction 1:port:int? 2:service:string
HPAScalingPolicy 1:type:string? 2:value:int? 3:periodSeconds:int?
HPAScalingRules 1:selectPolicy:string 2:policies:[HPAScalingPolicy 3:stabilizationWindowSeconds:int 4:tolerance:Quantity
HTTPGetAction 1:path:string? 2:port:IntOrString 3:host:string? 4:scheme:string? 5:httpHeaders:[HTTPHeader
HTTPHeader 1:name:string? 2:value:string?
HTTPIngressPath 1:path:string? 2:backend:IngressBackend 3:pathType:string
HTTPIngressRuleValue 1:paths:[HTTPIngressPath
HorizontalPodAutoscalerBehavior 1:scaleUp:HPAScalingRules 2:scaleDown:HPAScalingRules
HostAlias 1:ip:string? 2:hostnames:[string
HostPathVolumeSource 1:path:string? 2:type:string
IPBlock 1:cidr:string? 2:except:[string
ImageVolumeSource 1:reference:string? 2:pullPolicy:string?
Ingress 1:metadata:ObjectMeta 2:spec:IngressSpec
IngressBackend 3:resource:TypedLocalObjectReference 4:service:IngressServiceBackend
IngressRule 1:host:string? 2::IngressRuleValue
IngressRuleValue 1:http:HTTPIngressRuleValue
IngressServiceBackend 1:name:string? 2:port:ServiceBackendPort
IngressSpec 1:defaultBackend:IngressBackend 2:tls:[IngressTLS 3:rules:[IngressRule 4:ingressClassName:string
IngressTLS 1:hosts:[string 2:secretName:string?
Job 1:metadata:ObjectMeta 2:spec:JobSpec
JobSpec 1:parallelism:int 2:completions:int 3:activeDeadlineSeconds:int 4:selector:LabelSelector 5:manualSelector:bool 6:template:PodTemplateSpec 7:backoffLimit:int 8:ttlSecondsAfterFinished:int 9:completionMode:string? 10:suspend:bool 11:podFailurePolicy:PodFailurePolicy 12:backoffLimitPerIndex:int 13:maxFailedIndexes:int 14:podReplacementPolicy:string 15:managedBy:string 16:successPolicy:SuccessPolicy
KeyToPath 1:key:string? 2:path:string? 3:mode:int
LabelSelector 1:matchLabels:{string 2:matchExpressions:[LabelSelectorRequirement
LabelSelectorAttributes 1:rawSelector:string? 2:requirements:[LabelSelectorRequirement
LabelSelectorRequirement 1:key:string? 2:operator:string? 3:values:[string
Lease 1:metadata:ObjectMeta 2:spec:LeaseSpec
LeaseSpec 1:holderIdentity:string 2:leaseDurationSeconds:int 3:acquireTime:MicroTime 4:renewTime:MicroTime 5:leaseTransitions:int 6:strategy:string 7:preferredHolder:string
Lifecycle 1:postStart:LifecycleHandler 2:preStop:LifecycleHandler 3:stopSignal:string
LifecycleHandler 1:exec:ExecAction 2:httpGet:HTTPGetAction 3:tcpSocket:TCPSocketAction 4:sleep:SleepAction
LimitRange 1:metadata:ObjectMeta 2:spec:LimitRangeSpec
LimitRangeItem 1:type:string? 2:max:{Quantity 3:min:{Quantity 4:default:{Quantity 5:defaultRequest:{Quantity 6:maxLimitRequestRatio:{Quantity
LimitRangeSpec 1:limits:[LimitRangeItem
LocalObjectReference 1:name:string?
MetricIdentifier 1:name:string? 2:selector:LabelSelector
MetricTarget 1:type:string? 2:value:Quantity 3:averageValue:Quantity 4:averageUtilization:int
NFSVolumeSource 1:server:string? 2:path:string? 3:readOnly:bool?
Namespace 1:metadata:ObjectMeta 2:spec:NamespaceSpec
NamespaceSpec 1:finalizers:[string
NetworkPolicy 1:metadata:ObjectMeta 2:spec:NetworkPolicySpec
NetworkPolicyEgressRule 1:ports:[NetworkPolicyPort 2:to:[NetworkPolicyPeer
NetworkPolicyIngressRule 1:ports:[NetworkPolicyPort 2:from:[NetworkPolicyPeer
NetworkPolicyPeer 1:podSelector:LabelSelector 2:namespaceSelector:LabelSelector 3:ipBlock:IPBlock
NetworkPolicyPort 1:protocol:string 2:port:IntOrString 3:endPort:int
NetworkPolicySpec 1:podSelector:LabelSelector 2:ingress:[NetworkPolicyIngressRule 3:egress:[NetworkPolicyEgressRule 4:policyTypes:[string
Node 1:metadata:ObjectMeta 2:spec:NodeSpec
NodeAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:NodeSelector 2:preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm
NodeConfigSource 2:configMap:ConfigMapNodeConfigSource
NodeSelector 1:nodeSelectorTerms:[NodeSelectorTerm
NodeSelectorRequirement 1:key:string? 2:operator:string? 3:values:[string
NodeSelectorTerm 1:matchExpressions:[NodeSelectorRequirement 2:matchFields:[NodeSelectorRequirement
NodeSpec 1:podCIDR:string? 2:externalID:string? 3:providerID:string? 4:unschedulable:bool? 5:taints:[Taint 6:configSource:NodeConfigSource 7:podCIDRs:[string
NonResourceAttributes 1:path:string? 2:verb:string?
ObjectFieldSelector 1:apiVersion:string? 2:fieldPath:string?
ObjectMeta 1:name:string? 2:generateName:string? 3:namespace:string? 4:selfLink:string? 5:uid:string? 6:resourceVersion:string? 7:generation:int? 8:creationTimestamp:Time 9:deletionTimestamp:Time 10:deletionGracePeriodSeconds:int 11:labels:{string 12:annotations:{string 13:ownerReferences:[OwnerReference 14:finalizers:[string
ObjectReference 1:kind:string? 2:namespace:string? 3:name:string? 4:uid:string? 5:apiVersion:string? 6:resourceVersion:string? 7:fieldPath:string?
OwnerReference 1:kind:string? 3:name:string? 4:uid:string? 5:apiVersion:string? 6:controller:bool 7:blockOwnerDeletion:bool
PersistentVolumeClaim 1:metadata:ObjectMeta 2:spec:PersistentVolumeClaimSpec
PersistentVolumeClaimSpec 1:accessModes:[string 2:resources:VolumeResourceRequirements 3:volumeName:string? 4:selector:LabelSelector 5:storageClassName:string 6:volumeMode:string 7:dataSource:TypedLocalObjectReference 8:dataSourceRef:TypedObjectReference 9:volumeAttributesClassName:string
PersistentVolumeClaimTemplate 1:metadata:ObjectMeta 2:spec:PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource 1:claimName:string? 2:readOnly:bool?
Pod 1:metadata:ObjectMeta 2:spec:PodSpec
PodAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm 2:preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm
PodAffinityTerm 1:labelSelector:LabelSelector 2:namespaces:[string 3:topologyKey:string? 4:namespaceSelector:LabelSelector 5:matchLabelKeys:[string 6:mismatchLabelKeys:[string
PodAntiAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm 2:preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm
PodCertificateProjection 1:signerName:string? 2:keyType:string? 3:maxExpirationSeconds:int 4:credentialBundlePath:string? 5:keyPath:string? 6:certificateChainPath:string?
PodDNSConfig 1:nameservers:[string 2:searches:[string 3:options:[PodDNSConfigOption
PodDNSConfigOption 1:name:string? 2:value:string
PodDisruptionBudget 1:metadata:ObjectMeta 2:spec:PodDisruptionBudgetSpec
PodDisruptionBudgetSpec 1:minAvailable:IntOrString 2:selector:LabelSelector 3:maxUnavailable:IntOrString 4:unhealthyPodEvictionPolicy:string
PodFailurePolicy 1:rules:[PodFailurePolicyRule
PodFailurePolicyOnExitCodesRequirement 1:containerName:string 2:operator:string? 3:values:[int
PodFailurePolicyOnPodConditionsPattern 1:type:string?
PodFailurePolicyRule 1:action:string? 2:onExitCodes:PodFailurePolicyOnExitCodesRequirement 3:onPodConditions:[PodFailurePolicyOnPodConditionsPattern
PodOS 1:name:string?
PodReadinessGate 1:conditionType:string?
PodResourceClaim 1:name:string? 3:resourceClaimName:string 4:resourceClaimTemplateName:string
PodSchedulingGate 1:name:string?
PodSecurityContext 1:seLinuxOptions:SELinuxOptions 2:runAsUser:int 3:runAsNonRoot:bool 4:supplementalGroups:[int 5:fsGroup:int 6:runAsGroup:int 7:sysctls:[Sysctl 8:windowsOptions:WindowsSecurityContextOptions 9:fsGroupChangePolicy:string 10:seccompProfile:SeccompProfile 11:appArmorProfile:AppArmorProfile 12:supplementalGroupsPolicy:string 13:seLinuxChangePolicy:string
PodSpec 1:volumes:[Volume 2:containers:[Container 3:restartPolicy:string? 4:terminationGracePeriodSeconds:int 5:activeDeadlineSeconds:int 6:dnsPolicy:string? 7:nodeSelector:{string 8:serviceAccountName:string? 9:serviceAccount:string? 10:nodeName:string? 11:hostNetwork:bool? 12:hostPID:bool? 13:hostIPC:bool? 14:securityContext:PodSecurityContext 15:imagePullSecrets:[LocalObjectReference 16:hostname:string? 17:subdomain:string? 18:affinity:Affinity 19:schedulerName:string? 20:initContainers:[Container 21:automountServiceAccountToken:bool 22:tolerations:[Toleration 23:hostAliases:[HostAlias 24:priorityClassName:string? 25:priority:int 26:dnsConfig:PodDNSConfig 27:shareProcessNamespace:bool 28:readinessGates:[PodReadinessGate 29:runtimeClassName:string 30:enableServiceLinks:bool 31:preemptionPolicy:string 32:overhead:{Quantity 33:topologySpreadConstraints:[TopologySpreadConstraint 34:ephemeralContainers:[EphemeralContainer 35:setHostnameAsFQDN:bool 36:os:PodOS 37:hostUsers:bool 38:schedulingGates:[PodSchedulingGate 39:resourceClaims:[PodResourceClaim 40:resources:ResourceRequirements 41:hostnameOverride:string
PodTemplateSpec 1:metadata:ObjectMeta 2:spec:PodSpec
PolicyRule 1:verbs:[string 2:apiGroups:[string 3:resources:[string 4:resourceNames:[string 5:nonResourceURLs:[string
PreferredSchedulingTerm 1:weight:int? 2:preference:NodeSelectorTerm
PriorityClass 1:metadata:ObjectMeta 2:value:int? 3:globalDefault:bool? 4:description:string? 5:preemptionPolicy:string
Probe 1::ProbeHandler 2:initialDelaySeconds:int? 3:timeoutSeconds:int? 4:periodSeconds:int? 5:successThreshold:int? 6:failureThreshold:int? 7:terminationGracePeriodSeconds:int
ProbeHandler 1:exec:ExecAction 2:httpGet:HTTPGetAction 3:tcpSocket:TCPSocketAction 4:grpc:GRPCAction
ProjectedVolumeSource 1:sources:[VolumeProjection 2:defaultMode:int
ReplicaSet 1:metadata:ObjectMeta 2:spec:ReplicaSetSpec
ReplicaSetSpec 1:replicas:int 2:selector:LabelSelector 3:template:PodTemplateSpec 4:minReadySeconds:int?
ResourceAttributes 1:namespace:string? 2:verb:string? 3:group:string? 4:version:string? 5:resource:string? 6:subresource:string? 7:name:string? 8:fieldSelector:FieldSelectorAttributes 9:labelSelector:LabelSelectorAttributes
ResourceClaim 1:name:string? 2:request:string?
ResourceFieldSelector 1:containerName:string? 2:resource:string? 3:divisor:Quantity
ResourceQuota 1:metadata:ObjectMeta 2:spec:ResourceQuotaSpec
ResourceQuotaSpec 1:hard:{Quantity 2:scopes:[string 3:scopeSelector:ScopeSelector
ResourceRequirements 1:limits:{Quantity 2:requests:{Quantity 3:claims:[ResourceClaim
Role 1:metadata:ObjectMeta 2:rules:[PolicyRule
RoleBinding 1:metadata:ObjectMeta 2:subjects:[Subject 3:roleRef:RoleRef
RoleRef 1:apiGroup:string? 2:kind:string? 3:name:string?
RollingUpdateDaemonSet 1:maxUnavailable:IntOrString 2:maxSurge:IntOrString
RollingUpdateDeployment 1:maxUnavailable:IntOrString 2:maxSurge:IntOrString
RollingUpdateStatefulSetStrategy 1:partition:int 2:maxUnavailable:IntOrString
SELinuxOptions 1:user:string? 2:role:string? 3:type:string? 4:level:string?
Scale 1:metadata:ObjectMeta 2:spec:ScaleSpec
ScaleSpec 1:replicas:int?
ScopeSelector 1:matchExpressions:[ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement 1:scopeName:string? 2:operator:string? 3:values:[string
SeccompProfile 1:type:string? 2:localhostProfile:string
Secret 1:metadata:ObjectMeta 2:data:{bytes 3:type:string? 4:stringData:{string 5:immutable:bool
SecretEnvSource 1::LocalObjectReference 2:optional:bool
SecretKeySelector 1::LocalObjectReference 2:key:string? 3:optional:bool
SecretProjection 1::LocalObjectReference 2:items:[KeyToPath 4:optional:bool
SecretVolumeSource 1:secretName:string? 2:items:[KeyToPath 3:defaultMode:int 4:optional:bool
SecurityContext 1:capabilities:Capabilities 2:privileged:bool 3:seLinuxOptions:SELinuxOptions 4:runAsUser:int 5:runAsNonRoot:bool 6:readOnlyRootFilesystem:bool 7:allowPrivilegeEscalation:bool 8:runAsGroup:int 9:procMount:string 10:windowsOptions:WindowsSecurityContextOptions 11:seccompProfile:SeccompProfile 12:appArmorProfile:AppArmorProfile
SelfSubjectAccessReview 1:metadata:ObjectMeta 2:spec:SelfSubjectAccessReviewSpec
SelfSubjectAccessReviewSpec 1:resourceAttributes:ResourceAttributes 2:nonResourceAttributes:NonResourceAttributes
SelfSubjectReview 1:metadata:ObjectMeta
Service 1:metadata:ObjectMeta 2:spec:ServiceSpec
ServiceAccount 1:metadata:ObjectMeta 2:secrets:[ObjectReference 3:imagePullSecrets:[LocalObjectReference 4:automountServiceAccountToken:bool
ServiceAccountTokenProjection 1:audience:string? 2:expirationSeconds:int 3:path:string?
ServiceBackendPort 1:name:string? 2:number:int?
ServicePort 1:name:string? 2:protocol:string? 3:port:int? 4:targetPort:IntOrString 5:nodePort:int? 6:appProtocol:string
ServiceSpec 1:ports:[ServicePort 2:selector:{string 3:clusterIP:string? 4:type:string? 5:externalIPs:[string 7:sessionAffinity:string? 8:loadBalancerIP:string? 9:loadBalancerSourceRanges:[string 10:externalName:string? 11:externalTrafficPolicy:string? 12:healthCheckNodePort:int? 13:publishNotReadyAddresses:bool? 14:sessionAffinityConfig:SessionAffinityConfig 17:ipFamilyPolicy:string 18:clusterIPs:[string 19:ipFamilies:[string 20:allocateLoadBalancerNodePorts:bool 21:loadBalancerClass:string 22:internalTrafficPolicy:string 23:trafficDistribution:string
SessionAffinityConfig 1:clientIP:ClientIPConfig
SleepAction 1:seconds:int?
StatefulSet 1:metadata:ObjectMeta 2:spec:StatefulSetSpec
StatefulSetOrdinals 1:start:int?
StatefulSetPersistentVolumeClaimRetentionPolicy 1:whenDeleted:string? 2:whenScaled:string?
StatefulSetSpec 1:replicas:int 2:selector:LabelSelector 3:template:PodTemplateSpec 4:volumeClaimTemplates:[PersistentVolumeClaim 5:serviceName:string? 6:podManagementPolicy:string? 7:updateStrategy:StatefulSetUpdateStrategy 8:revisionHistoryLimit:int 9:minReadySeconds:int? 10:persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy 11:ordinals:StatefulSetOrdinals
StatefulSetUpdateStrategy 1:type:string? 2:rollingUpdate:RollingUpdateStatefulSetStrategy
Subject 1:kind:string? 2:apiGroup:string? 3:name:string? 4:namespace:string?
SuccessPolicy 1:rules:[SuccessPolicyRule
SuccessPolicyRule 1:succeededIndexes:string 2:succeededCount:int
Sysctl 1:name:string? 2:value:string?
TCPSocketAction 1:port:IntOrString 2:host:string?
Taint 1:key:string? 2:value:string? 3:effect:string? 4:timeAdded:Time
TokenRequestSpec 1:audiences:[string 3:boundObjectRef:BoundObjectReference 4:expirationSeconds:int
Toleration 1:key:string? 2:operator:string? 3:value:string? 4:effect:string? 5:tolerationSeconds:int
TopologySpreadConstraint 1:maxSkew:int? 2:topologyKey:string? 3:whenUnsatisfiable:string? 4:labelSelector:LabelSelector 5:minDomains:int 6:nodeAffinityPolicy:string 7:nodeTaintsPolicy:string 8:matchLabelKeys:[string
TypedLocalObjectReference 1:apiGroup:string 2:kind:string? 3:name:string?
TypedObjectReference 1:apiGroup:string 2:kind:string? 3:name:string? 4:namespace:string
Volume 1:name:string? 2::VolumeSource
VolumeDevice 1:name:string? 2:devicePath:string?
VolumeMount 1:name:string? 2:readOnly:bool? 3:mountPath:string? 4:subPath:string? 5:mountPropagation:string 6:subPathExpr:string? 7:recursiveReadOnly:string
VolumeProjection 1:secret:SecretProjection 2:downwardAPI:DownwardAPIProjection 3:configMap:ConfigMapProjection 4:serviceAccountToken:ServiceAccountTokenProjection 5:clusterTrustBundle:ClusterTrustBundleProjection 6:podCertificate:PodCertificateProjection
VolumeResourceRequirements 1:limits:{Quantity 2:requests:{Quantity
VolumeSource 1:hostPath:HostPathVolumeSource 2:emptyDir:EmptyDirVolumeSource 6:secret:SecretVolumeSource 7:nfs:NFSVolumeSource 10:persistentVolumeClaim:PersistentVolumeClaimVolumeSource 16:downwardAPI:DownwardAPIVolumeSource 19:configMap:ConfigMapVolumeSource 26:projected:ProjectedVolumeSource 28:csi:CSIVolumeSource 29:ephemeral:EphemeralVolumeSource 30:image:ImageVolumeSource
WeightedPodAffinityTerm 1:weight:int? 2:podAffinityTerm:PodAffinityTerm
WindowsSecurityContextOptions 1:gmsaCredentialSpecName:string 2:gmsaCredentialSpec:string 3:runAsUserName:string 4:hostProcess:bool
authn.TokenRequest 1:metadata:ObjectMeta 2:spec:TokenRequestSpec
autoscaling1.CrossVersionObjectReference 1:kind:string? 2:name:string? 3:apiVersion:string?
autoscaling1.HorizontalPodAutoscaler 1:metadata:ObjectMeta 2:spec:autoscaling1.HorizontalPodAutoscalerSpec
autoscaling1.HorizontalPodAutoscalerSpec 1:scaleTargetRef:autoscaling1.CrossVersionObjectReference 2:minReplicas:int 3:maxReplicas:int? 4:targetCPUUtilizationPercentage:int
autoscaling2.ContainerResourceMetricSource 1:name:string? 2:target:MetricTarget 3:container:string?
autoscaling2.CrossVersionObjectReference 1:kind:string? 2:name:string? 3:apiVersion:string?
autoscaling2.ExternalMetricSource 1:metric:MetricIdentifier 2:target:MetricTarget
autoscaling2.HorizontalPodAutoscaler 1:metadata:ObjectMeta 2:spec:autoscaling2.HorizontalPodAutoscalerSpec
autoscaling2.HorizontalPodAutoscalerSpec 1:scaleTargetRef:autoscaling2.CrossVersionObjectReference 2:minReplicas:int 3:maxReplicas:int? 4:metrics:[autoscaling2.MetricSpec 5:behavior:HorizontalPodAutoscalerBehavior
autoscaling2.MetricSpec 1:type:string? 2:object:autoscaling2.ObjectMetricSource 3:pods:autoscaling2.PodsMetricSource 4:resource:autoscaling2.ResourceMetricSource 5:external:autoscaling2.ExternalMetricSource 7:containerResource:autoscaling2.ContainerResourceMetricSource
autoscaling2.ObjectMetricSource 1:describedObject:autoscaling2.CrossVersionObjectReference 2:target:MetricTarget 3:metric:MetricIdentifier
autoscaling2.PodsMetricSource 1:metric:MetricIdentifier 2:target:MetricTarget
autoscaling2.ResourceMetricSource 1:name:string? 2:target:MetricTarget
meta.Preconditions 1:uid:string 2:resourceVersion:string
"""  # noqa: E501 - a table: its lines are not for reading


def _read(line: str) -> tuple[str, dict[int, tuple[str, str]]]:
    name, *fields = line.split()
    parts = [field.split(":") for field in fields]
    return name, {int(number): (json_name, kind) for number, json_name, kind in parts}


MESSAGES: dict[str, dict[int, tuple[str, str]]] = dict(_read(line) for line in _TABLE.splitlines())
# (apiVersion, kind) -> message
ROOTS: dict[tuple[str, str], str] = {
    ("v1", "Namespace"): "Namespace",
    ("v1", "ConfigMap"): "ConfigMap",
    ("v1", "Secret"): "Secret",
    ("v1", "ServiceAccount"): "ServiceAccount",
    ("v1", "Pod"): "Pod",
    ("v1", "Service"): "Service",
    ("v1", "ResourceQuota"): "ResourceQuota",
    ("v1", "PersistentVolumeClaim"): "PersistentVolumeClaim",
    ("v1", "Event"): "Event",
    ("v1", "LimitRange"): "LimitRange",
    ("v1", "Endpoints"): "Endpoints",
    ("v1", "Node"): "Node",
    ("v1", "Binding"): "Binding",
    ("apps/v1", "Deployment"): "Deployment",
    ("apps/v1", "StatefulSet"): "StatefulSet",
    ("apps/v1", "DaemonSet"): "DaemonSet",
    ("apps/v1", "ReplicaSet"): "ReplicaSet",
    ("batch/v1", "Job"): "Job",
    ("autoscaling/v1", "HorizontalPodAutoscaler"): "autoscaling1.HorizontalPodAutoscaler",
    ("autoscaling/v1", "Scale"): "Scale",
    ("autoscaling/v2", "HorizontalPodAutoscaler"): "autoscaling2.HorizontalPodAutoscaler",
    ("policy/v1", "PodDisruptionBudget"): "PodDisruptionBudget",
    ("policy/v1", "Eviction"): "Eviction",
    ("rbac.authorization.k8s.io/v1", "Role"): "Role",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "RoleBinding",
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): "ClusterRole",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "ClusterRoleBinding",
    ("networking.k8s.io/v1", "Ingress"): "Ingress",
    ("networking.k8s.io/v1", "NetworkPolicy"): "NetworkPolicy",
    ("scheduling.k8s.io/v1", "PriorityClass"): "PriorityClass",
    ("authentication.k8s.io/v1", "TokenRequest"): "authn.TokenRequest",
    ("authentication.k8s.io/v1", "SelfSubjectReview"): "SelfSubjectReview",
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): "SelfSubjectAccessReview",
    ("coordination.k8s.io/v1", "Lease"): "Lease",
    ("v1", "DeleteOptions"): "DeleteOptions",
    ("meta.k8s.io/v1", "DeleteOptions"): "DeleteOptions",
}
