# attack: connect to a service of the host
# expect: EPERM
# layers: namespaces landlock seccomp
import socket


def main(canary):
    with socket.create_connection(("127.0.0.1", canary["tcp"]), timeout=2) as connection:
        connection.sendall(canary["name"].encode())
    return "connected"
