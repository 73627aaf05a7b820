# attack: wait for another call on an abstract socket
# expect: EPERM
# layers: seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + canary["name"])
        server.listen()
    return "listening"
