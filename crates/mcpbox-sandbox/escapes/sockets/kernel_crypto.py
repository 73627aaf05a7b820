# attack: reach the kernel's cryptography, a frequent source of holes
# expect: EPERM
# layers: seccomp
import socket


def main(canary):
    socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET).close()
    return "opened"
