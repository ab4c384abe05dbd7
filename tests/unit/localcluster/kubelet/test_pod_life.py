"""Pods on a real registry, with plain processes as containers."""

import asyncio
import contextlib
import signal

from kubernetes.client.models import V1Pod


def state(pod, kind="containerStatuses"):
    return pod["status"][kind][0]


def test_a_pod_becomes_ready_and_its_status_is_complete(cluster, ready):
    async def scene(c):
        await c.run("sleep 100", ports=[{"containerPort": 80}])

        pod = await c.until(ready)

        assert pod["status"]["phase"] == "Running"
        assert pod["status"]["podIP"] == pod["status"]["podIPs"][0]["ip"]
        assert pod["status"]["qosClass"] == "BestEffort"
        assert state(pod)["containerID"].startswith("localcluster://")
        assert "@sha256:" in state(pod)["imageID"]
        assert {c["type"] for c in pod["status"]["conditions"]} >= {"Initialized", "Ready", "ContainersReady"}
        V1Pod.model_validate(pod)

    cluster(scene)


def test_a_pod_that_fails_with_policy_never_is_failed_with_its_exit_code(cluster):
    async def scene(c):
        await c.run("exit 3", spec={"restartPolicy": "Never"})

        pod = await c.until(lambda p: p["status"].get("phase") == "Failed")

        assert state(pod)["state"]["terminated"]["exitCode"] == 3
        assert state(pod)["state"]["terminated"]["reason"] == "Error"
        assert state(pod)["restartCount"] == 0

    cluster(scene)


def test_a_job_pod_succeeds_and_gives_its_sandbox_back(cluster):
    async def scene(c):
        await c.run("exit 0", spec={"restartPolicy": "OnFailure"})

        await c.until(lambda p: p["status"].get("phase") == "Succeeded")

        await c.happens(lambda: c.runtime.pods[0].removed)

    cluster(scene)


def test_the_first_restart_is_at_once_and_the_second_waits_in_crash_loop(cluster):
    async def scene(c):
        await c.run("exit 1")

        pod = await c.until(
            lambda p: (
                p["status"].get("containerStatuses")
                and state(p)["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
            )
        )

        assert state(pod)["restartCount"] == 1
        assert state(pod)["lastState"]["terminated"]["exitCode"] == 1
        assert pod["status"]["phase"] == "Running"
        assert "back-off 10s" in state(pod)["state"]["waiting"]["message"]

    cluster(scene)


def test_policy_on_failure_starts_again_until_it_succeeds(cluster, tmp_path):
    async def scene(c):
        note = tmp_path / "tried"
        await c.run(f"test -e {note} || {{ touch {note}; exit 1; }}", spec={"restartPolicy": "OnFailure"})

        pod = await c.until(lambda p: p["status"].get("phase") == "Succeeded")

        assert state(pod)["restartCount"] == 1

    cluster(scene)


def test_a_node_that_is_deleted_registers_again_and_keeps_its_pods(cluster, ready):
    async def scene(c):
        await c.run("exec sleep 100")
        await c.until(ready)
        old = await c.client.get("nodes", "node-1")
        await c.client.delete("nodes", "node-1")

        await c.until(lambda n: n["metadata"]["uid"] != old["metadata"]["uid"] and ready(n), "node-1", "nodes", None)

        assert not c.runtime.pods[0].removed

    cluster(scene)


def test_deleting_sends_sigterm_and_removes_the_object(cluster, ready):
    async def scene(c):
        await c.run("trap 'exit 0' TERM; while :; do sleep 0.05; done")
        await c.until(ready)
        await c.client.delete("pods", "web", "default")

        assert await c.until(lambda _: False) is None

        assert c.runtime.pods[0].removed

    cluster(scene)


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace_period(cluster, ready):
    async def scene(c):
        script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
        await c.run(script, spec={"terminationGracePeriodSeconds": 1})
        await c.until(ready)
        await c.happens(c.runtime.started[0].log.read_text)
        await c.client.delete("pods", "web", "default")

        await c.until(lambda _: False)

        container = c.runtime.pods[0].containers[0]
        assert container.signals == [signal.SIGTERM]
        assert (await container.wait()).signal == signal.SIGKILL

    cluster(scene)


def test_a_forced_deletion_kills_at_once(cluster, ready):
    async def scene(c):
        await c.run("trap '' TERM; while :; do sleep 0.05; done")
        await c.until(ready)
        await c.client.delete("pods", "web", "default", grace=0)

        await c.happens(lambda: not c.node.workers)

        assert c.runtime.pods[0].removed

    cluster(scene)


def test_a_new_pod_of_the_same_name_starts_after_the_old_one_is_gone(cluster, ready):
    async def scene(c):
        old = await c.run("trap '' TERM; while :; do sleep 0.05; done")
        await c.until(ready)
        await c.client.delete("pods", "web", "default", grace=0)
        await c.run("sleep 100")

        new = await c.until(ready)

        assert new["metadata"]["uid"] != old["metadata"]["uid"]
        assert c.runtime.pods[0].removed
        assert not c.runtime.pods[1].removed

    cluster(scene)


def test_init_containers_run_in_order_before_the_others(cluster, ready, tmp_path):
    async def scene(c):
        note = tmp_path / "note"
        one = {"image": "tool:1"}
        await c.create(
            {
                "initContainers": [
                    {"name": "a", "args": [f"echo a >> {note}"], **one},
                    {"name": "b", "args": [f"echo b >> {note}"], **one},
                ],
                "containers": [{"name": "main", "args": [f"echo main >> {note}; sleep 100"], **one}],
            }
        )
        pod = await c.until(ready)

        await c.happens(lambda: note.read_text().count("\n") == 3)
        assert note.read_text().split() == ["a", "b", "main"]
        assert [s["state"]["terminated"]["exitCode"] for s in pod["status"]["initContainerStatuses"]] == [0, 0]

    cluster(scene)


def test_a_sidecar_starts_first_and_ends_when_the_job_is_done(cluster):
    async def scene(c):
        await c.create(
            {
                "restartPolicy": "Never",
                "initContainers": [
                    {"name": "side", "image": "tool:1", "restartPolicy": "Always", "args": ["exec sleep 100"]}
                ],
                "containers": [{"name": "main", "image": "tool:1", "args": ["exit 0"]}],
            }
        )
        pod = await c.until(lambda p: p["status"].get("phase") == "Succeeded")

        assert state(pod, "initContainerStatuses")["state"]["terminated"]["exitCode"] == 143

    cluster(scene)


def test_an_unknown_image_is_refused_by_name(cluster):
    async def scene(c):
        await c.create({"containers": [{"name": "main", "image": "nowhere/thing"}]})

        pod = await c.until(
            lambda p: (
                p["status"].get("containerStatuses")
                and state(p)["state"]["waiting"]["reason"] in ("ErrImagePull", "ImagePullBackOff")
            )
        )

        waiting = state(pod)["state"]["waiting"]
        assert "docker.io/nowhere/thing:latest" in waiting["message"]

    cluster(scene)


def test_a_missing_config_map_is_waited_for_and_its_arrival_starts_the_container(cluster, ready):
    async def scene(c):
        ref = {"configMapKeyRef": {"name": "settings", "key": "mode"}}
        await c.run("sleep 100", env=[{"name": "MODE", "valueFrom": ref}])
        await c.until(
            lambda p: (
                p["status"].get("containerStatuses")
                and state(p)["state"].get("waiting", {}).get("reason") == "CreateContainerConfigError"
            )
        )
        settings = {"metadata": {"name": "settings"}, "data": {"mode": "fast"}}
        await c.client.create("configmaps", settings, "default")

        await c.until(ready)

        assert c.runtime.started[0].env["MODE"] == "fast"

    cluster(scene)


def test_the_container_gets_recipe_environment_service_links_and_its_own(cluster, ready):
    async def scene(c):
        await c.run(
            "sleep 100",
            env=[
                {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "GREETING", "value": "hello $(ME) $(NOBODY) $$(ME)"},
            ],
        )
        pod = await c.until(ready)

        env = c.runtime.started[0].env
        assert env["COLOUR"] == "red"
        assert env["GREETING"] == "hello web $(NOBODY) $(ME)"
        assert env["IP"] == pod["status"]["podIP"]
        assert env["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
        assert c.runtime.started[0].uid == 101

    cluster(scene)


def test_a_config_map_volume_follows_its_source(cluster, ready):
    async def scene(c):
        await c.client.create("configmaps", {"metadata": {"name": "cm"}, "data": {"a": "1"}}, "default")
        await c.run(
            "sleep 100",
            volumeMounts=[{"name": "v", "mountPath": "/etc/v"}],
            spec={"volumes": [{"name": "v", "configMap": {"name": "cm"}}]},
        )
        await c.until(ready)
        folder = next(m.source for m in c.runtime.started[0].mounts if m.target == "/etc/v")
        assert (folder / "a").read_text() == "1"

        await c.client.patch("configmaps", "cm", {"data": {"a": "2", "b": "3"}}, "default")

        await c.happens((folder / "b").exists)
        assert (folder / "a").read_text() == "2"

    cluster(scene)


def test_a_failed_liveness_probe_restarts_the_container(cluster):
    async def scene(c):
        probe = {"exec": {"command": ["/bin/false"]}, "failureThreshold": 1, "periodSeconds": 1}
        await c.run("exec sleep 100", livenessProbe=probe)

        pod = await c.until(lambda p: p["status"].get("containerStatuses") and state(p)["restartCount"] == 1)

        assert state(pod)["lastState"]["terminated"]["exitCode"] == 143
        await c.events(1, "Unhealthy")
        await c.events(1, "Killing")

    cluster(scene)


def test_a_readiness_probe_over_http_decides_about_ready(cluster, ready, tmp_path, python):
    async def scene(c):
        (tmp_path / "up").touch()
        with contextlib.closing(await asyncio.start_server(_ok, "127.0.0.1", 0)) as server:
            port = server.sockets[0].getsockname()[1]
            probe = {"httpGet": {"port": "web", "host": "127.0.0.1", "path": "/ready"}}
            await c.run("sleep 100", readinessProbe=probe, ports=[{"name": "web", "containerPort": port}])

            await c.until(ready)

    cluster(scene)


async def _ok(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


def test_the_last_words_are_the_log_when_asked_for(cluster):
    async def scene(c):
        await c.run(
            "echo out of beans; exit 1",
            terminationMessagePolicy="FallbackToLogsOnError",
            spec={"restartPolicy": "Never"},
        )
        pod = await c.until(lambda p: p["status"].get("phase") == "Failed")

        assert state(pod)["state"]["terminated"]["message"] == "out of beans\n"

    cluster(scene)


def test_a_pod_over_its_deadline_is_failed(cluster):
    async def scene(c):
        await c.run("exec sleep 100", spec={"activeDeadlineSeconds": 1})

        pod = await c.until(lambda p: p["status"].get("phase") == "Failed")

        assert pod["status"]["reason"] == "DeadlineExceeded"

    cluster(scene)


def test_a_stopped_kubelet_leaves_containers_alone_and_catches_up_later(cluster, ready):
    async def scene(c):
        await c.run("exec sleep 100")
        await c.until(ready)
        await c.client.patch("nodes", "node-1", {"metadata": {"annotations": {"localcluster/kubelet": "stopped"}}})
        await c.happens(lambda: not c.node.context.working.is_set())
        await c.client.delete("pods", "web", "default")
        await asyncio.sleep(0.2)
        assert not c.runtime.pods[0].removed

        await c.client.patch("nodes", "node-1", {"metadata": {"annotations": {"localcluster/kubelet": None}}})

        assert await c.until(lambda _: False) is None

    cluster(scene)


def test_a_node_without_power_loses_its_containers_and_starts_them_again_with_power(cluster, ready):
    async def scene(c):
        await c.run("exec sleep 100")
        await c.until(ready)
        await c.client.patch("nodes", "node-1", {"metadata": {"annotations": {"localcluster/power": "off"}}})
        await c.happens(lambda: c.runtime.pods[0].removed)
        assert (await c.client.get("pods", "web", "default"))["status"]["phase"] == "Running"

        await c.client.patch("nodes", "node-1", {"metadata": {"annotations": {"localcluster/power": None}}})

        pod = await c.until(lambda p: state(p)["restartCount"] == 1 and ready(p))
        assert state(pod)["lastState"]["terminated"]["exitCode"] == 137

    cluster(scene)
