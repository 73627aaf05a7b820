# attack: connect by multipath TCP, which is TCP by another protocol number
# expect: EPERM
# layers: namespaces seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as connection:
        connection.connect(("127.0.0.1", canary["tcp"]))
        connection.sendall(canary["name"].encode())
    return "connected"
