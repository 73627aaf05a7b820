# attack: send a datagram to a service of the host
# expect: EPERM
# layers: namespaces seccomp
import socket


def main(canary):
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(canary["name"].encode(), ("127.0.0.1", canary["udp"]))
    return "sent"
