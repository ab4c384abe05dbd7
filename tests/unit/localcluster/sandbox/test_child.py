import os
import socket

from localcluster.sandbox import child


def test_a_child_ends_though_nobody_waits_for_its_report():
    """It shares the spawner's descriptors: if it went on, both would answer the kubelet, and the spawner would fall."""
    report, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other.close()

    pid = os.fork()
    if not pid:
        try:
            child._fail(report, FileNotFoundError(2, "gone"))
        finally:
            os._exit(99)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 127
    report.close()
