# attack: hand a descriptor to the supervisor
# expect: EPERM
# layers: seccomp
import array
import socket


def main(canary):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=3) as call:
        try:
            call.sendmsg([b""], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
        finally:
            call.detach()
    return "passed"
