# attack: make packets by hand
# expect: EPERM
# layers: seccomp capabilities
import socket


def main(canary):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return "opened"
