"""What must not be touched: a process outside every jail, with a secret in its memory, its environment and a file, and with open
doors that nobody may come through. Started by the tests with the jail's user as the only argument; tells on standard output where it
is, then every touch, each as a line of JSON. Answers `report` on standard input; ends with it."""

import ctypes
import json
import os
import select
import signal
import socket
import sys

SECRET = b"canary-" + os.urandom(12).hex().encode()


def become(user):
    """The jail's own user, so that it is the layers and not the user that stop an attack, and open to debuggers like any process."""
    if os.getuid() != user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)


def tell(**what):
    print(json.dumps(what), flush=True)


def doors(folder):
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(type=socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    path = socket.socket(socket.AF_UNIX)
    path.bind(folder + "/socket")
    datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    datagram.bind(folder + "/datagram")
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + SECRET.decode()[:16])
    for door in (path, abstract):
        door.listen()
    for name in ("socket", "datagram"):
        os.chmod(f"{folder}/{name}", 0o777)
    return {"tcp": tcp, "udp": udp, "unix": path, "datagram": datagram, "abstract": abstract}


def come_in(name, door):
    if door.type == socket.SOCK_DGRAM:
        return door.recv(4096)
    guest, _ = door.accept()
    guest.settimeout(2)
    try:
        return guest.recv(4096)
    except OSError:
        return b""
    finally:
        guest.close()


def main():
    folder = sys.argv[2]
    become(int(sys.argv[1]))
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, _: tell(touched=f"signal {number}"))
    scratch = ctypes.create_string_buffer(b"untouched" + bytes(200))
    kept = open(folder + "/private")
    limits = open("/proc/self/limits").read()
    open_doors = doors(folder)
    tell(
        pid=os.getpid(), address=id(SECRET) + 32, length=len(SECRET), scratch_address=ctypes.addressof(scratch) + 100,
        descriptor=kept.fileno(), tcp=open_doors["tcp"].getsockname()[1], udp=open_doors["udp"].getsockname()[1],
        unix=folder + "/socket", unix_datagram=folder + "/datagram", abstract=SECRET.decode()[:16], secret=SECRET.decode(),
    )  # fmt: skip
    while True:
        readable, _, _ = select.select([sys.stdin, *open_doors.values()], [], [])
        for name, door in open_doors.items():
            if door in readable:
                tell(touched=f"{name}: {come_in(name, door).decode('latin-1')}")
        if sys.stdin in readable:
            if not sys.stdin.readline():
                return
            is_intact = scratch.raw == b"untouched" + bytes(201) and open("/proc/self/limits").read() == limits
            traced = "TracerPid:\t0\n" not in open("/proc/self/status").read()
            tell(report=is_intact and not traced)


main()
