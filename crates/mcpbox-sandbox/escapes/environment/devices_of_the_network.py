# attack: learn the network devices and their addresses
# expect: EPERM
# layers: namespaces seccomp
import socket


def main(canary):
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    if not names:
        raise OSError(19, "no device")
    return names
