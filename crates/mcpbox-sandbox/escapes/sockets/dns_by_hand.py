# attack: send a name query as a datagram
# expect: EPERM
# layers: namespaces seccomp
import socket


def main(canary):
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", canary["udp"]))
        sender.send(b"\0\1\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1" + canary["name"].encode())
    return "sent"
