# attack: use up the kernel's memory with sockets
# expect: EMFILE
# layers: limits
import socket


def main(canary):
    kept = [socket.socketpair() for _ in range(300)]
    return f"{len(kept)} pairs"
