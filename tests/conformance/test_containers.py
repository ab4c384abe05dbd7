"""What the kubelet does with containers: probes, restarts, init containers, endings, environment."""

import re

import pytest

pytestmark = pytest.mark.cluster


def status(kube, name, container="main"):
    """Give the status of one container, init containers included; {} before there is one."""
    found = kube.pod(name)["status"]
    every = found.get("containerStatuses", []) + found.get("initContainerStatuses", [])
    return next((one for one in every if one["name"] == container), {})


def test_a_readiness_probe_decides_about_ready_and_endpoints(kube, build):
    probe = {"exec": {"command": ["test", "-e", "/tmp/ready"]}, "periodSeconds": 1, "failureThreshold": 1}
    kube.apply(build.pod("unready", build.web(readinessProbe=probe)), build.service("unready"))
    kube.until(lambda: status(kube, "unready").get("started"), "a started container")
    before = kube.pod("unready")["status"]
    kube.sh("unready", "touch /tmp/ready")
    kube.ready("pod/unready")
    kube.until(lambda: "subsets" in kube.get("endpoints", "unready"), "an address")
    kube.sh("unready", "rm /tmp/ready")
    kube.run("wait", "--for=condition=Ready=False", "pod/unready", "--timeout=60s")

    kube.until(lambda: not kube.get("endpoints", "unready")["subsets"][0].get("addresses"), "no address")
    assert {one["type"]: one["status"] for one in before["conditions"]}["Ready"] == "False"
    assert status(kube, "unready")["restartCount"] == 0


def test_a_liveness_probe_restarts_what_does_not_answer(kube, build):
    probe = {"exec": {"command": ["test", "!", "-e", "/tmp/stuck"]}, "periodSeconds": 1, "failureThreshold": 1}
    kube.apply(build.pod("stuck", build.container(livenessProbe=probe)))
    kube.ready("pod/stuck")

    kube.sh("stuck", "touch /tmp/stuck")

    kube.until(lambda: status(kube, "stuck")["restartCount"] == 1, "a restart")
    kube.until(lambda: "running" in status(kube, "stuck")["state"], "the second life")
    reasons = {event["reason"] for event in kube.get("events", "--field-selector=involvedObject.name=stuck")["items"]}
    assert {"Unhealthy", "Killing"} <= reasons


def test_a_startup_probe_holds_the_others_back(kube, build):
    """The liveness probe would kill it at once; it does not, until the startup probe has succeeded."""
    startup = {"exec": {"command": ["test", "-e", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 60}
    liveness = {"exec": {"command": ["test", "-e", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 1}
    kube.apply(build.pod("starting", build.container(startupProbe=startup, livenessProbe=liveness)))
    failed = "--field-selector=involvedObject.name=starting,reason=Unhealthy"
    kube.until(lambda: kube.get("events", failed)["items"], "a failed startup probe")
    held = status(kube, "starting")

    kube.sh("starting", "touch /tmp/up")
    kube.ready("pod/starting")

    assert (held["started"], held["ready"]) == (False, False)
    assert status(kube, "starting")["restartCount"] == 0


@pytest.mark.parametrize(
    ("path", "ready"), [("/", "True"), pytest.param("/missing", "False", id="an answer of 404 is no success")]
)
def test_an_http_probe_asks_the_pod(kube, build, path, ready):
    name = f"http-{ready.lower()}"
    script = "cd /tmp && touch index.html && exec python3 -m http.server 8080"
    probe = {"httpGet": {"port": 8080, "path": path}, "periodSeconds": 1, "failureThreshold": 1}
    kube.apply(build.pod(name, build.container(script, readinessProbe=probe)))

    def asked():
        told = kube.attempt("logs", name)
        return f"GET {path} " in told.out + told.err

    kube.until(asked, "a request")
    kube.run("wait", f"--for=condition=Ready={ready}", f"pod/{name}", "--timeout=60s")


def test_a_crashing_container_waits_longer_each_time(kube, build):
    kube.apply(build.pod("crashing", build.container("exit 3")))

    waiting = kube.until(lambda: status(kube, "crashing").get("state", {}).get("waiting"), "a wait")
    kube.until(lambda: status(kube, "crashing")["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff", "it")

    seen = status(kube, "crashing")
    assert seen["lastState"]["terminated"]["exitCode"] == 3
    assert re.search(r"back-off \d+s restarting failed container", seen["state"]["waiting"]["message"])
    assert waiting["reason"] in ("ContainerCreating", "CrashLoopBackOff")
    assert kube.run("get", "pod", "crashing", "--no-headers").split()[2] == "CrashLoopBackOff"


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (3, "Failed")])
def test_a_pod_that_is_not_restarted_ends_with_its_containers(kube, build, code, phase):
    name = phase.lower()
    kube.apply(build.pod(name, build.container(f"exit {code}"), restartPolicy="Never"))

    kube.run("wait", f"--for=jsonpath={{.status.phase}}={phase}", f"pod/{name}", "--timeout=60s")

    assert status(kube, name)["state"]["terminated"]["exitCode"] == code


def test_on_failure_restarts_failures_only(kube, build):
    script = "[ -e /data/seen ] && exit 0; touch /data/seen; exit 1"
    mounted = build.container(script, volumeMounts=[{"name": "data", "mountPath": "/data"}])
    kube.apply(build.pod("second-try", mounted, restartPolicy="OnFailure", volumes=[{"name": "data", "emptyDir": {}}]))

    kube.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/second-try", "--timeout=60s")

    assert status(kube, "second-try")["restartCount"] == 1


def test_an_image_that_is_not_there_is_an_image_pull_back_off(kube, build):
    kube.apply(build.pod("imageless", build.container(image="example.org/none:1", imagePullPolicy="IfNotPresent")))

    def reason():
        return status(kube, "imageless").get("state", {}).get("waiting", {}).get("reason")

    kube.until(lambda: reason() in ("ErrImagePull", "ImagePullBackOff"), "the reason")
    kube.until(lambda: reason() == "ImagePullBackOff", "back-off")


def test_init_containers_run_one_after_the_other_before_the_rest(kube, build):
    volume = {"name": "data", "emptyDir": {}}
    mounts = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    first = build.container("echo one >> /data/order", name="one", **mounts)
    second = build.container("echo two >> /data/order", name="two", **mounts)
    main = build.container("cat /data/order; exec sleep 1000", **mounts)
    kube.apply(build.pod("ordered", main, initContainers=[first, second], volumes=[volume]))

    kube.ready("pod/ordered")

    assert kube.run("logs", "ordered", "-c", "main").split() == ["one", "two"]
    assert [one["state"]["terminated"]["reason"] for one in kube.pod("ordered")["status"]["initContainerStatuses"]] == [
        "Completed",
        "Completed",
    ]


def test_a_failing_init_container_holds_the_pod(kube, build):
    kube.apply(build.pod("held", initContainers=[build.container("exit 1", name="bad")]))

    def word():
        return kube.run("get", "pod", "held", "--no-headers").split()[2]

    kube.until(lambda: word() in ("Init:Error", "Init:CrashLoopBackOff"), "its word")
    assert "running" not in status(kube, "held")["state"]


def test_a_sidecar_runs_beside_and_counts_among_the_containers(kube, build):
    sidecar = build.container("echo beside; exec sleep 1000", name="beside", restartPolicy="Always")
    kube.apply(build.pod("accompanied", initContainers=[sidecar]))

    kube.ready("pod/accompanied")

    assert kube.run("get", "pod", "accompanied", "--no-headers").split()[1] == "2/2"
    assert kube.run("logs", "accompanied", "-c", "beside") == "beside\n"


def test_containers_of_a_pod_share_network_and_host_name_but_not_files(kube, build):
    other = build.container(name="other")
    kube.apply(build.pod("pair", build.web(), other))
    kube.ready("pod/pair")

    kube.sh("pair", "touch /tmp/mine", "-c", "main")

    there = kube.sh(
        "pair", "python3 -c \"import socket; socket.create_connection(('127.0.0.1', 8080)); print(1)\"", "-c", "other"
    )
    assert there == "1"
    assert kube.sh("pair", "hostname 2>/dev/null || cat /proc/sys/kernel/hostname", "-c", "other") == "pair"
    assert "mine" not in kube.sh("pair", "ls /tmp", "-c", "other").split()
    assert kube.run("get", "pod", "pair", "--no-headers").split()[1] == "2/2"


def test_sigterm_is_handled_before_the_end(kube, build):
    """The process writes its last words, seen by whoever follows the log."""
    script = "trap 'echo terminated; exit 0' TERM; echo up; while :; do sleep 0.1; done"
    kube.apply(build.pod("polite", build.container(script), terminationGracePeriodSeconds=30))
    kube.ready("pod/polite")
    following = kube.start("logs", "-f", "polite")
    assert following.stdout.readline() == "up\n"

    kube.run("delete", "pod", "polite", "--timeout=20s")

    assert following.stdout.readline() == "terminated\n"


def test_who_ignores_sigterm_is_killed_after_the_grace_period(kube, build):
    script = "trap 'echo ignored' TERM; echo up; while :; do sleep 0.1; done"
    kube.apply(build.pod("deaf", build.container(script), terminationGracePeriodSeconds=2))
    kube.ready("pod/deaf")
    following = kube.start("logs", "-f", "--timestamps", "deaf")
    following.stdout.readline()

    kube.run("delete", "pod", "deaf", "--wait=false")
    marked = kube.pod("deaf")["metadata"]
    kube.run("wait", "--for=delete", "pod/deaf", "--timeout=20s")

    assert "ignored" in following.stdout.readline()
    assert marked["deletionGracePeriodSeconds"] == 2


def test_a_pre_stop_hook_runs_first(kube, build):
    script = "trap 'echo term; exit 0' TERM; echo up; while :; do sleep 0.1; done"
    hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo hook > /proc/1/fd/1"]}}}
    kube.apply(build.pod("hooked", build.container(script, lifecycle=hook), terminationGracePeriodSeconds=20))
    kube.ready("pod/hooked")
    following = kube.start("logs", "-f", "hooked")
    following.stdout.readline()

    kube.run("delete", "pod", "hooked", "--timeout=30s")

    assert [following.stdout.readline() for _ in range(2)] == ["hook\n", "term\n"]


def test_a_container_that_a_signal_killed_says_so(kube, build):
    """A child of it, as PID 1 cannot be killed from within; in a command `$$` stands for `$`."""
    script = "sh -c 'kill -9 $$$$'; exit $?"
    kube.apply(build.pod("shot", build.container(script), restartPolicy="Never"))
    kube.run("wait", "--for=jsonpath={.status.phase}=Failed", "pod/shot", "--timeout=60s")

    assert status(kube, "shot")["state"]["terminated"]["exitCode"] == 137


def test_environment_comes_from_values_maps_secrets_and_facts(kube, build):
    kube.apply(
        build.of("v1", "ConfigMap", "settings", data={"ONE": "1", "TWO": "2"}),
        build.of("v1", "Secret", "secrets", stringData={"KEY": "hidden"}),
    )
    env = [
        {"name": "PLAIN", "value": "plain"},
        {"name": "TOGETHER", "value": "$(PLAIN)-$(TWO)-$$(PLAIN)"},
        {"name": "FROM_MAP", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "ONE"}}},
        {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "secrets", "key": "KEY"}}},
        {"name": "ABSENT", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "A", "optional": True}}},
        {"name": "MY_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "MY_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "MY_LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "MY_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "MY_CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
    ]
    sources = [{"configMapRef": {"name": "settings"}}, {"prefix": "S_", "secretRef": {"name": "secrets"}}]
    container = build.container(env=env, envFrom=sources, resources={"limits": {"cpu": "250m"}})
    kube.apply(build.pod("surrounded", container))
    kube.ready("pod/surrounded")

    seen = dict(line.split("=", 1) for line in kube.sh("surrounded", "env").splitlines() if "=" in line)

    pod = kube.pod("surrounded")
    expected = {
        "PLAIN": "plain",
        "TOGETHER": "plain-2-$(PLAIN)",
        "FROM_MAP": "1",
        "FROM_SECRET": "hidden",
        "ONE": "1",
        "TWO": "2",
        "S_KEY": "hidden",
        "MY_NAME": "surrounded",
        "MY_IP": pod["status"]["podIP"],
        "MY_LABEL": "surrounded",
        "MY_NODE": pod["spec"]["nodeName"],
        "MY_CPU": "250",
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert "ABSENT" not in seen
    assert seen["KUBERNETES_SERVICE_PORT"] == "443"


def test_a_missing_secret_holds_the_container_until_it_is_there(kube, build):
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "later", "key": "A"}}}]
    kube.apply(build.pod("expectant", build.container(env=env)))
    kube.until(
        lambda: (
            status(kube, "expectant").get("state", {}).get("waiting", {}).get("reason") == "CreateContainerConfigError"
        ),
        "the reason",
    )

    kube.apply(build.of("v1", "Secret", "later", stringData={"A": "1"}))

    kube.ready("pod/expectant")
    assert kube.sh("expectant", "echo $A") == "1"


def test_command_and_args_replace_each_other_as_documented(kube, build):
    container = build.container() | {
        "command": ["sh", "-c", "echo $0 $1 $(NAME); exec sleep 1000"],
        "args": ["a", "$(NAME)"],
    }
    kube.apply(build.pod("spoken", container | {"env": [{"name": "NAME", "value": "b"}]}))
    kube.ready("pod/spoken")

    assert kube.run("logs", "spoken") == "a b b\n"


def test_security_context_sets_user_and_read_only_root(kube, build):
    context = {"runAsUser": 1234, "runAsGroup": 4321, "readOnlyRootFilesystem": True}
    kube.apply(build.pod("plain-user", build.container(securityContext=context)))
    kube.ready("pod/plain-user")

    assert kube.sh("plain-user", "id -u; id -g").split() == ["1234", "4321"]
    assert kube.attempt("exec", "plain-user", "--", "sh", "-c", "touch /here").code != 0


def test_run_as_non_root_refuses_root(kube, build):
    kube.apply(build.pod("no-root", build.container(securityContext={"runAsNonRoot": True, "runAsUser": 0})))

    kube.until(
        lambda: (
            status(kube, "no-root").get("state", {}).get("waiting", {}).get("reason") == "CreateContainerConfigError"
        ),
        "the refusal",
    )


def test_a_pods_own_processes_are_all_that_it_sees(kube, build):
    kube.apply(build.pod("alone"))
    kube.ready("pod/alone")

    pids = [int(pid) for pid in kube.sh("alone", "ls /proc").split() if pid.isdigit()]

    assert 1 in pids
    assert len(pids) < 6


def test_a_pod_ends_at_its_active_deadline(kube, build):
    kube.apply(build.pod("bounded", activeDeadlineSeconds=1))

    kube.run("wait", "--for=jsonpath={.status.phase}=Failed", "pod/bounded", "--timeout=60s")

    assert kube.pod("bounded")["status"]["reason"] == "DeadlineExceeded"


def test_a_termination_message_is_kept(kube, build):
    kube.apply(build.pod("last-words", build.container("echo bye > /dev/termination-log"), restartPolicy="Never"))
    kube.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/last-words", "--timeout=60s")

    assert status(kube, "last-words")["state"]["terminated"]["message"] == "bye\n"
