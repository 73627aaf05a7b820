# attack: receive descriptors over the call socket
# expect: EPERM
# layers: seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=3) as call:
        try:
            return repr(call.recvmsg(1, 64, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return "could receive"
        finally:
            call.detach()
