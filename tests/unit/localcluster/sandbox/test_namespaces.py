"""Real containers, as whoever runs the tests."""


def test_a_container_has_its_own_user_host_name_processes_and_files(inside):
    inside("""
async def scenario(runtime, pod):
    code, said = await run_in(pod, "sh", "-c", "id -u; hostname; echo $$; touch /x")
    assert code == 0
    assert said == ["101", "web-0", "1"], said
""")


def test_python_and_the_environment_s_packages_are_on_the_path(inside):
    inside("""
async def scenario(runtime, pod):
    code, said = await run_in(pod, "python", "-c", "import sys; print(sys.version_info[:2] >= (3, 11))")
    assert (code, said) == (0, ["True"])
""")


def test_what_cannot_start_says_why(inside):
    inside("""
async def scenario(runtime, pod):
    for argv, changes, reason in (
        (["nope"], {}, 'exec: "nope": executable file not found in $PATH'),
        (["/etc/hosts"], {}, "/etc/hosts: Permission denied"),
        (["true"], {"mounts": [Mount(Path("/not/there"), "/x")]}, "cannot show /not/there at /x"),
        (["true"], {"workdir": "/usr/not-there"}, "/usr/not-there: No such file"),
    ):
        try:
            await pod.start(container(*argv, **changes))
        except SandboxError as error:
            assert reason in str(error), error
        else:
            raise AssertionError(reason)
""")


def test_volumes_are_writable_or_not_and_may_lie_in_read_only_folders(inside):
    inside("""
async def scenario(runtime, pod):
    (STATE / "volume").mkdir()
    (STATE / "file").write_text("content")
    mounts = [Mount(STATE / "volume", "/data"), Mount(STATE / "file", "/usr/share/new/file", True)]
    script = "cat /usr/share/new/file && echo kept > /data/x && [ -d /usr/share/doc ] && ! echo x > /usr/share/new/file"
    code, said = await run_in(pod, "sh", "-c", script, mounts=mounts)
    assert code == 0, said
    assert (STATE / "volume/x").read_text() == "kept\\n"
""")


def test_a_read_only_root_is_read_only_but_for_volumes(inside):
    inside("""
async def scenario(runtime, pod):
    (STATE / "volume").mkdir()
    mounts = [Mount(STATE / "volume", "/data")]
    code, said = await run_in(pod, "sh", "-c", "touch /data/x && ! touch /x", mounts=mounts, read_only_root=True)
    assert code == 0, said
""")


def test_exec_joins_the_container_and_tells_output_and_exit_code(inside):
    inside("""
async def scenario(runtime, pod):
    one = await pod.start(container("sleep", "60", env={"COLOUR": "red"}))
    further = await one.exec(["sh", "-c", "echo $COLOUR; cat; echo oops >&2; id -u; exit 5"], stdin=True)
    further.stdin.write(b"typed\\n")
    further.stdin.close()
    assert await further.stdout.read() == b"red\\ntyped\\n101\\n"
    assert await further.stderr.read() == b"oops\\n"
    assert await further.wait() == Exit(5)
""")


def test_a_terminal_has_a_size_and_ends_with_its_program(inside):
    inside("""
async def scenario(runtime, pod):
    one = await pod.start(container("sleep", "60"))
    further = await one.exec(["sh", "-c", "read x; stty size; tty"], stdin=True, tty=True)
    further.resize(33, 99)
    further.stdin.write(b"go\\n")
    said = (await further.stdout.read()).replace(b"\\r", b"")
    assert said.endswith(b"33 99\\n/dev/pts/0\\n"), said
""")


def test_a_detached_process_ends_with_its_container(inside):
    inside("""
def sleepers():
    return [p for p in Path("/proc").glob("[0-9]*/cmdline") if p.read_bytes().split(b"\\0")[:2] == [b"sleep", b"1234"]]

async def scenario(runtime, pod):
    one = await pod.start(container("sleep", "60"))
    await (await one.exec(["sh", "-c", "setsid sleep 1234 > /dev/null 2>&1 &"])).wait()
    while not sleepers():
        await asyncio.sleep(0.01)
    one.kill()
    assert await one.wait() == Exit(137, 9)
    assert not sleepers()
""")


def test_the_first_process_gets_the_signal(inside):
    inside("""
async def scenario(runtime, pod):
    one = await pod.start(container("sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"))
    while "ready" not in (STATE / "c.log").read_text():
        await asyncio.sleep(0.01)
    one.signal(15)
    assert await one.wait() == Exit(7)
""")


def test_the_cpu_time_of_execs_counts_after_their_end(inside):
    inside("""
async def scenario(runtime, pod):
    one = await pod.start(container("sleep", "60"))
    before = one.usage().cpu_seconds
    await (await one.exec(["python3", "-S", "-c", "import time\\nwhile time.process_time() < 0.1: pass"])).wait()
    await asyncio.sleep(0)  # one that had ended before we asked is booked in the loop's next turn
    assert one.usage().cpu_seconds > before + 0.05
    one.kill()
    await one.wait()
    assert one.usage().memory_bytes == 0
""")


def test_a_container_above_its_memory_limit_is_ended_and_says_so(inside):
    inside("""
async def scenario(runtime, pod):
    greedy = "x = bytearray(80 << 20); import time; time.sleep(60)"
    one = await pod.start(container("python3", "-S", "-c", greedy, memory_limit=40 << 20))
    ended = await one.wait()
    assert ended.oom_killed and ended.code == 137, ended
""")


def test_pods_use_the_same_port_and_are_reached_from_inside(inside):
    inside("""
SERVER = "import socket, sys; c, a = socket.create_server(('0.0.0.0', 80)).accept(); c.sendall(sys.argv[1].encode())"

async def reach(pod):
    while True:
        try:
            return await pod.connect(80)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)

async def scenario(runtime, pod):
    other = await runtime.create(PodSpec("u2", "shop", "web-1", "web-1", "", "10.244.2.2"))
    for number, one in enumerate((pod, other)):
        await one.start(container("python3", "-S", "-c", SERVER, str(number), log=STATE / f"{number}.log"))
    for number, one in enumerate((pod, other)):
        reader, writer = await reach(one)
        assert await reader.read() == str(number).encode()
        writer.close()
""")


def test_a_removed_pod_leaves_no_process_and_no_descriptor(inside):
    inside("""
async def scenario(runtime, pod):
    await asyncio.gather(*(pod.start(container("sleep", "60", log=STATE / f"{n}.log")) for n in range(5)))
    await pod.remove()
    await pod.remove()
    left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if p.read_bytes().startswith(b"sleep\\0")]
    assert not left
    assert len(list(Path("/proc/self/fd").iterdir())) < 16
    try:
        await pod.start(container("true"))
    except SandboxError:
        return
    raise AssertionError("a removed pod started a container")
""")


def test_even_root_in_a_container_has_docker_s_capabilities_only_and_gains_no_more(inside):
    inside("""
QUESTION = ["grep", "-E", "CapBnd|NoNewPrivs", "/proc/self/status"]
LIMITED = ["CapBnd:\\t00000000a80425fb", "NoNewPrivs:\\t1"]

async def scenario(runtime, pod):
    assert await run_in(pod, *QUESTION, uid=0) == (0, LIMITED)
    further = await (await pod.start(container("sleep", "60", uid=0))).exec(QUESTION)
    assert (await further.stdout.read()).decode().splitlines() == LIMITED
""")
