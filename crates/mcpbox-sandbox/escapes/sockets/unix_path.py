# attack: connect to a socket file, as the container engine has one
# expect: EPERM
# layers: root seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(canary["unix"])
        connection.sendall(canary["name"].encode())
    return "connected"
