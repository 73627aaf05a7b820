# attack: wait for connections, as a back door
# expect: EPERM
# layers: landlock seccomp
import socket


def main(canary):
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()
