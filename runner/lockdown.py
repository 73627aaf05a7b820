"""What a child does to itself between fork and the first byte of a request. Every step is irreversible; the blobs come
from Rust and are not understood here. Any failure ends the child before it has seen tool code."""

import ctypes
import os
import resource
import signal
import types

CALL = 3  # descriptor of the call socket from here on

_libc = ctypes.CDLL(None, use_errno=True)
# Looked up before the fork: the first look makes objects, and with them copies of shared pages.
_capset, _mount, _prctl, _unshare = _libc.capset, _libc.mount, _libc.prctl, _libc.unshare
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long

_CLONE_NEWNS = 0x0002_0000
_MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x2008_0522
# The same numbers on x86_64 and aarch64.
_SYS_PIDFD_OPEN = 434
_SYS_CLOSE_RANGE = 436
_SYS_LANDLOCK_RESTRICT_SELF = 446


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _check(result: int, step: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{step}: {os.strerror(number)}")
    return result


def pidfd_open(pid: int) -> int:
    return _check(_syscall(_SYS_PIDFD_OPEN, pid, 0), "pidfd_open")


def tidy_heap() -> None:
    """Merges the free pieces of the C heap once, so that no child does it and copies all those pages."""
    _libc.malloc_trim(0)


class Lockdown:
    """The policy in the form in which it is applied: prepared once, before any fork."""

    def __init__(self, policy: dict) -> None:
        self.zygote = os.getpid()
        self.layers = types.SimpleNamespace(**policy["layers"])
        self.ruleset = policy["ruleset"]
        self.scratch = policy["scratch"].encode()
        limits = policy["limits"]
        self.scratch_options = b"size=%d,nr_inodes=1024,mode=0700" % limits["tmp_bytes"]
        blob = bytes.fromhex(policy["seccomp"])
        self.filter = ctypes.create_string_buffer(blob, len(blob))
        self.pid_offsets = policy["pid_offsets"]
        self.program = _Program(len(blob) // 8, ctypes.addressof(self.filter))
        self.capability_header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        self.no_capabilities = (ctypes.c_uint32 * 6)()
        memory = limits["memory_bytes"]
        self.limits = [
            # Descriptor bomb.
            (resource.RLIMIT_NOFILE, limits["open_files"]),
            # Disk bomb: no file may outgrow the scratch space.
            (resource.RLIMIT_FSIZE, limits["file_bytes"]),
            # Memory bomb: private writable memory, and as a backstop the whole address space. A call lowers both.
            (resource.RLIMIT_DATA, memory),
            (resource.RLIMIT_AS, memory + (2 << 30)),
            # CPU loop that also ignores signals. A call lowers it.
            (resource.RLIMIT_CPU, limits["cpu_s"]),
        ]

    def enter(self, call: int, output: int) -> None:
        layers = self.layers
        self._descriptors(call, output)
        if layers.root:
            self._scratch()
        if layers.capabilities:
            # Anything that needs a right in the jail's user namespace: mounting, namespaces, raw devices.
            _check(_capset(self.capability_header, self.no_capabilities), "capset")
        if not layers.namespaces:
            self._die_with_zygote()
        if layers.limits:
            for which, value in self.limits:
                resource.setrlimit(which, (value, value))
        # A sibling with the same user id reading this memory or attaching a debugger.
        _check(_prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE")
        # Gaining rights by executing; also the condition for the next two.
        _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
        if layers.landlock:
            # Files outside the runtime and /tmp, TCP, abstract sockets, signals to siblings and to the zygote.
            _check(_syscall(_SYS_LANDLOCK_RESTRICT_SELF, self.ruleset, 0), "landlock_restrict_self")
            os.close(self.ruleset)
        if layers.seccomp:
            self._seccomp()

    def _die_with_zygote(self) -> None:
        """Outliving the supervisor: a pid namespace ends with its process 1; without one the kernel is asked."""
        _check(_prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG")
        if os.getppid() != self.zygote:
            raise ProcessLookupError("the zygote has ended")

    def _descriptors(self, call: int, output: int) -> None:
        """Leaves exactly: 0 nothing, 1 and 2 the output pipe, 3 the call socket (it replaces the control socket), 4 the
        ruleset. Stops use of anything inherited: the control socket, other calls' sockets."""
        os.dup2(call, CALL, inheritable=False)
        # Not the zygote's own, whose flags all calls would share.
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        first = self.ruleset + 1 if self.layers.landlock else CALL + 1
        _check(_syscall(_SYS_CLOSE_RANGE, first, 0xFFFF_FFFF, 0), "close_range")

    def _scratch(self) -> None:
        """A /tmp of its own in a mount namespace of its own: nothing a call writes is seen by another, or stays."""
        _check(_unshare(_CLONE_NEWNS), "unshare")
        flags = ctypes.c_ulong(_MS_NOSUID_NODEV_NOEXEC)
        _check(_mount(b"tmpfs", self.scratch, b"tmpfs", flags, self.scratch_options), "mount /tmp")
        os.chdir(self.scratch)

    def _seccomp(self) -> None:
        """All system calls a computation does not need: processes, sockets, kernel interfaces with a history."""
        pid = os.getpid().to_bytes(4, "little")
        for offset in self.pid_offsets:
            ctypes.memmove(ctypes.addressof(self.filter) + offset, pid, 4)
        mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
        _check(_prctl(_PR_SET_SECCOMP, mode, ctypes.byref(self.program), 0, 0), "PR_SET_SECCOMP")
