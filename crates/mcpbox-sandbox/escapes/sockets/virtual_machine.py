# attack: talk to the hypervisor
# expect: EPERM
# layers: seccomp
import socket


def main(canary):
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    return "opened"
