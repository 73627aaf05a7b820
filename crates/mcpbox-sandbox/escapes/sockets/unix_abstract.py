# attack: connect to an abstract socket, which no file system hides
# expect: EPERM
# layers: namespaces landlock seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\0" + canary["abstract"])
        connection.sendall(canary["name"].encode())
    return "connected"
