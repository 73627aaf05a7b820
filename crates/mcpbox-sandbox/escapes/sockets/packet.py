# attack: listen to the wire
# expect: EPERM
# layers: seccomp capabilities
import socket


def main(canary):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    return "opened"
