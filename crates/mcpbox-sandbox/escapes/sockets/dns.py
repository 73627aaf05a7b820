# attack: resolve a name, which also carries data out
# expect: gaierror | OSError
# layers: root landlock
import socket


def main(canary):
    return socket.getaddrinfo("localhost", 80)
