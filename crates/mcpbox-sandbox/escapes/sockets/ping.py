# attack: send echo requests without privilege
# expect: EPERM
# layers: seccomp
import socket


def main(canary):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    return "opened"
