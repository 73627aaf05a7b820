# attack: connect to a service of the host by its address mapped into IPv6
# expect: EPERM
# layers: namespaces landlock seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_INET6) as connection:
        connection.connect(("::ffff:127.0.0.1", canary["tcp"]))
        connection.sendall(canary["name"].encode())
    return "connected"
