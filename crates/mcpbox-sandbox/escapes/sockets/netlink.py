# attack: ask the kernel for devices, routes and addresses
# expect: EPERM
# layers: seccomp
import socket


def main(canary):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
    return "bound"
