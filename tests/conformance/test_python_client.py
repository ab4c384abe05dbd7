"""The official Python client: typed, dynamic, asyncio; watch, exec, eviction, conflicts."""

import asyncio
import threading

import pytest
from kubernetes import aio, client, config, watch
from kubernetes import dynamic as dynamic_client
from kubernetes.aio import client as aio_client
from kubernetes.aio import watch as aio_watch
from kubernetes.aio.config import load_kube_config
from kubernetes.aio.stream import WsApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward, stream

pytestmark = pytest.mark.cluster


def test_every_kind_reads_back_through_the_typed_models(kube, build):
    """The models refuse incomplete objects."""
    kube.apply(build.workload("Deployment", "typed", build.web(), replicas=1), build.service("typed"))
    kube.run("rollout", "status", "deployment/typed", "--timeout=60s")
    kube.run("autoscale", "deployment", "typed", "--max=2")
    core, apps = kube.core, kube.apps
    everywhere = (
        core.list_namespace,
        core.list_node,
        core.list_pod_for_all_namespaces,
        core.list_service_for_all_namespaces,
        core.list_endpoints_for_all_namespaces,
        core.list_config_map_for_all_namespaces,
        core.list_persistent_volume,
        core.list_secret_for_all_namespaces,
        core.list_service_account_for_all_namespaces,
        core.list_event_for_all_namespaces,
        core.list_persistent_volume_claim_for_all_namespaces,
        core.list_resource_quota_for_all_namespaces,
        core.list_limit_range_for_all_namespaces,
        apps.list_deployment_for_all_namespaces,
        apps.list_replica_set_for_all_namespaces,
        apps.list_stateful_set_for_all_namespaces,
        apps.list_daemon_set_for_all_namespaces,
        apps.list_controller_revision_for_all_namespaces,
        client.BatchV1Api(kube.api).list_job_for_all_namespaces,
        client.AutoscalingV2Api(kube.api).list_horizontal_pod_autoscaler_for_all_namespaces,
        client.AutoscalingV1Api(kube.api).list_horizontal_pod_autoscaler_for_all_namespaces,
        client.PolicyV1Api(kube.api).list_pod_disruption_budget_for_all_namespaces,
        client.NetworkingV1Api(kube.api).list_ingress_for_all_namespaces,
        client.NetworkingV1Api(kube.api).list_network_policy_for_all_namespaces,
        client.NetworkingV1Api(kube.api).list_ingress_class,
        client.DiscoveryV1Api(kube.api).list_endpoint_slice_for_all_namespaces,
        client.CoordinationV1Api(kube.api).list_lease_for_all_namespaces,
        client.EventsV1Api(kube.api).list_event_for_all_namespaces,
        client.StorageV1Api(kube.api).list_storage_class,
        client.SchedulingV1Api(kube.api).list_priority_class,
    )

    lists = {call.__name__: call() for call in everywhere}

    empty = {name for name, found in lists.items() if not found.items}
    assert not empty & {"list_node", "list_pod_for_all_namespaces", "list_event_for_all_namespaces"}
    assert all(found.metadata.resource_version for found in lists.values())


def test_a_created_object_comes_back_complete(kube):
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="complete"), data={"a": "1"})

    made = kube.core.create_namespaced_config_map(kube.namespace, body)

    assert made.metadata.uid
    assert made.metadata.creation_timestamp
    assert int(made.metadata.resource_version) > 0


def test_a_stale_replace_is_a_conflict(kube, build):
    kube.apply(build.of("v1", "ConfigMap", "stale"))
    old = kube.core.read_namespaced_config_map("stale", kube.namespace)
    kube.core.patch_namespaced_config_map("stale", kube.namespace, {"data": {"a": "1"}})

    with pytest.raises(ApiException) as refused:
        kube.core.replace_namespaced_config_map("stale", kube.namespace, old)

    assert refused.value.status == 409


def test_a_watch_tells_each_change_with_growing_versions(kube, build):
    version = kube.core.list_namespaced_config_map(kube.namespace).metadata.resource_version
    kube.apply(build.of("v1", "ConfigMap", "seen", data={"a": "1"}))
    kube.run("label", "configmap", "seen", "a=b")
    kube.run("delete", "configmap", "seen")

    told = watch.Watch().stream(
        kube.core.list_namespaced_config_map,
        kube.namespace,
        resource_version=version,
        field_selector="metadata.name=seen",
        timeout_seconds=2,
    )
    events = [(event["type"], int(event["object"].metadata.resource_version)) for event in told]

    assert [kind for kind, _ in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert [version for _, version in events] == sorted({version for _, version in events})


def test_exec_streams_and_tells_the_exit_code(kube, build):
    kube.apply(build.pod("shell"))
    kube.ready("pod/shell")

    talk = stream(
        kube.core.connect_get_namespaced_pod_exec,
        "shell",
        kube.namespace,
        command=["sh", "-c", "read line; echo got $line; echo err >&2; exit 4"],
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
    )
    talk.write_stdin("this\n")
    talk.run_forever(timeout=20)

    assert talk.read_stdout() == "got this\n"
    assert talk.read_stderr() == "err\n"
    assert talk.returncode == 4


def test_logs_and_port_forward_work_through_the_client(kube, build):
    kube.apply(build.pod("forwarded", build.web()))
    kube.ready("pod/forwarded")

    forwarding = portforward(
        kube.core.connect_get_namespaced_pod_portforward, "forwarded", kube.namespace, ports="8080"
    )
    link = forwarding.socket(8080)
    link.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
    answer = b""
    while piece := link.recv(4096):
        answer += piece

    assert b"forwarded " in answer
    assert kube.core.read_namespaced_pod_log("forwarded", kube.namespace) == "listening\n"


def test_an_eviction_that_breaks_a_budget_is_429(kube, build):
    selector = {"matchLabels": {"app": "kept"}}
    spec = {"minAvailable": 1, "selector": selector}
    kube.apply(build.pod("kept"), build.of("policy/v1", "PodDisruptionBudget", "kept", spec=spec))
    kube.ready("pod/kept")
    kube.run("wait", "--for=jsonpath={.status.currentHealthy}=1", "pdb/kept", "--timeout=60s")
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="kept", namespace=kube.namespace))

    with pytest.raises(ApiException) as refused:
        kube.core.create_namespaced_pod_eviction("kept", kube.namespace, eviction)

    assert refused.value.status == 429
    assert "DisruptionBudget" in refused.value.body


def test_the_dynamic_client_finds_kinds_and_works_on_them(kube):
    maps = kube.dynamic.resources.get(api_version="v1", kind="ConfigMap")
    body = {"metadata": {"name": "dynamic", "labels": {"dynamic": "yes"}}, "data": {"a": "1"}}

    made = maps.create(body=body, namespace=kube.namespace)
    maps.patch(
        name="dynamic", namespace=kube.namespace, body={"data": {"b": "2"}}, content_type="application/merge-patch+json"
    )
    listed = maps.get(namespace=kube.namespace, label_selector="dynamic=yes").items
    event = next(iter(maps.watch(namespace=kube.namespace, name="dynamic", timeout=5)))
    maps.delete(name="dynamic", namespace=kube.namespace)

    assert made.metadata.uid == listed[0].metadata.uid
    assert dict(listed[0].data) == {"a": "1", "b": "2"}
    assert (event["type"], event["object"].metadata.name) == ("ADDED", "dynamic")
    with pytest.raises(dynamic_client.exceptions.NotFoundError):
        maps.get(name="dynamic", namespace=kube.namespace)


def test_the_dynamic_client_does_not_know_what_is_not_there(kube):
    with pytest.raises(dynamic_client.exceptions.ResourceNotFoundError):
        kube.dynamic.resources.get(api_version="example.org/v1", kind="Gadget")


def test_the_asyncio_client_watches_and_executes(kube, build):
    kube.apply(build.pod("aio"))
    kube.ready("pod/aio")

    async def scenario():
        await load_kube_config(config_file=str(kube.cluster.kubeconfig))
        async with aio_client.ApiClient() as api:
            core = aio_client.CoreV1Api(api)
            watching = aio_watch.Watch()
            async for event in watching.stream(
                core.list_namespaced_pod, kube.namespace, field_selector="metadata.name=aio", timeout_seconds=5
            ):
                first = (event["type"], event["object"].metadata.name)
                break
            await watching.close()
        async with WsApiClient() as api:
            core = aio_client.CoreV1Api(api)
            said = await core.connect_get_namespaced_pod_exec(
                "aio", kube.namespace, command=["echo", "hello"], stdin=False, stdout=True, stderr=True, tty=False
            )
        return first, said

    assert asyncio.run(scenario()) == (("ADDED", "aio"), "hello\n")


def test_the_asyncio_dynamic_client_reads(kube):
    async def scenario():
        await load_kube_config(config_file=str(kube.cluster.kubeconfig))
        async with aio_client.ApiClient() as api:
            found = await aio.dynamic.DynamicClient(api)
            nodes = await found.resources.get(api_version="v1", kind="Node")
            return [node.metadata.name for node in (await nodes.get()).items]

    assert asyncio.run(scenario()) == [node.metadata.name for node in kube.core.list_node().items]


def test_metrics_are_custom_objects(kube, build):
    kube.apply(build.pod("measured"))
    kube.ready("pod/measured")
    custom = client.CustomObjectsApi(kube.api)

    def metrics():
        listed = custom.list_namespaced_custom_object("metrics.k8s.io", "v1beta1", kube.namespace, "pods")["items"]
        return [one for one in listed if one["metadata"]["name"] == "measured"]

    seen = kube.until(metrics, "metrics of the pod")[0]["containers"][0]

    assert seen["name"] == "main"
    assert set(seen["usage"]) == {"cpu", "memory"}


def test_a_token_of_a_service_account_is_somebody(kube):
    token = kube.run("create", "token", "default").strip()
    settings = kube.api.configuration

    def ask(token):
        own = client.Configuration(host=settings.host)
        own.ssl_ca_cert = settings.ssl_ca_cert
        own.api_key = {"authorization": f"Bearer {token}"}
        return client.AuthenticationV1Api(client.ApiClient(own)).create_self_subject_review(
            client.V1SelfSubjectReview()
        )

    assert ask(token).status.user_info.username == f"system:serviceaccount:{kube.namespace}:default"
    with pytest.raises(ApiException) as refused:
        ask("made up")
    assert refused.value.status == 401


def test_many_writers_with_compare_and_swap_lose_nothing(kube, build):
    kube.apply(build.of("v1", "ConfigMap", "counter", data={"n": "0"}))

    def count(times):
        core = client.CoreV1Api(config.new_client_from_config(config_file=str(kube.cluster.kubeconfig)))
        done = 0
        while done < times:
            seen = core.read_namespaced_config_map("counter", kube.namespace)
            seen.data["n"] = str(int(seen.data["n"]) + 1)
            try:
                core.replace_namespaced_config_map("counter", kube.namespace, seen)
            except ApiException as refused:
                if refused.status != 409:
                    raise
                continue
            done += 1

    writers = [threading.Thread(target=count, args=(10,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert kube.get("configmap", "counter")["data"] == {"n": "40"}
