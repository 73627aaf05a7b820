import ctypes
import os
import resource
import sys

import _socket

libc = ctypes.CDLL(None, use_errno=True)


def system_call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def read_etc_passwd():
    return open("/etc/passwd").readline()


def write_root():
    return open("/probe", "w")


def read_environment():
    return open(f"/proc/{os.getppid()}/environ").read(10)


def list_proc():
    return os.listdir("/proc")


def pid():
    if os.getppid() not in (0, 1):
        return f"parent is {os.getppid()}"
    raise PermissionError("own pid namespace")


def network_devices():
    return os.listdir("/sys/class/net")


def socket():
    return _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)


def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child


def exec():
    return os.execv(sys.executable, [sys.executable, "-c", "0"])


def kill_zygote():
    return os.kill(os.getppid(), 0) or "signalled"


def kill_sibling():
    return os.kill(sibling, 0) or "signalled"


def trace_sibling():
    PTRACE_SEIZE = 0x4206
    return system_call("ptrace", PTRACE_SEIZE, sibling, None, None)


def read_sibling():
    buffer = ctypes.create_string_buffer(8)

    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    local = Vector(ctypes.addressof(buffer), 8)
    return system_call("process_vm_readv", sibling, ctypes.byref(local), 1, ctypes.byref(local), 1, 0)


def namespace():
    return system_call("unshare", 0x1000_0000)


def capabilities():
    held = (ctypes.c_uint32 * 6)()
    system_call("capget", (ctypes.c_uint32 * 2)(0x2008_0522, 0), held)
    if any(held):
        return held[:]
    raise PermissionError("none held")


def unlimited():
    unbounded = [
        name
        for name in ("RLIMIT_DATA", "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_NPROC")
        if resource.getrlimit(getattr(resource, name))[1] == resource.RLIM_INFINITY
    ]
    if unbounded:
        return f"no limit for {', '.join(unbounded)}"
    raise PermissionError("all limits set")


PROBES = [
    read_etc_passwd, read_environment, write_root, list_proc, pid, network_devices, socket, fork, exec, kill_zygote, kill_sibling,
    trace_sibling, read_sibling, capabilities, unlimited, namespace,
]  # fmt: skip


def main(sibling: int, untried: list[str]):
    globals()["sibling"] = sibling
    answers = {name: "untried: it would succeed" for name in untried}
    for probe in PROBES:
        if probe.__name__ in untried:
            continue
        try:
            answers[probe.__name__] = f"open: {probe()!r}"[:200]
        except ProcessLookupError:
            answers[probe.__name__] = "untried: there was nobody to attack"
        except Exception as error:
            answers[probe.__name__] = f"denied: {type(error).__name__}: {error}"[:200]
    return answers
