"""What a zygote and its children do to themselves before the first byte of a request. Every step is irreversible; the blobs
come from Rust and are not understood here. Any failure ends the process before it has seen tool code.

What children may inherit is done once, by `Lockdown.settle` in the zygote. What must differ between siblings is done by each
child, in `Lockdown.enter`: prepared as a list before the fork, because whatever a child makes, looks up or runs for the
first time is a copy of a page that it shares with the zygote."""

import array
import ctypes
import errno
import os
import resource
import _signal
from os import closerange, dup2, getpid
from os import open as open_file
from struct import pack_into

CALL = 3  # descriptor of the call socket from here on

_libc = ctypes.CDLL(None, use_errno=True)
_capset, _chdir, _close, _mount, _prctl, _unshare = (
    _libc.capset, _libc.chdir, _libc.close, _libc.mount, _libc.prctl, _libc.unshare,
)  # fmt: skip
_setrlimit, _syscall = _libc.setrlimit, _libc.syscall
_syscall.restype = ctypes.c_long

_CLONE_VM = 0x0000_0100
_READ_WRITE = os.O_RDWR
_CLONE_NEWNS = 0x0002_0000
_MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x2008_0522
# The same numbers on x86_64 and aarch64.
_SYS_PIDFD_OPEN = 434
_SYS_LANDLOCK_RESTRICT_SELF = 446

# A function of the C library that answers a negative number when it fails, its arguments, its name for people.
Step = tuple


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class _Filter:
    """A seccomp program as the kernel takes it."""

    def __init__(self, blob: bytes) -> None:
        self.code = ctypes.create_string_buffer(blob, len(blob))
        self.program = _Program(len(blob) // 8, ctypes.addressof(self.code))
        mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
        self.step: Step = (_prctl, (_PR_SET_SECCOMP, mode, ctypes.byref(self.program), 0, 0), "PR_SET_SECCOMP")


def _limit(which: int, value: int, name: str) -> Step:
    # The host may already allow less.
    maximum = resource.getrlimit(which)[1]
    value = value if maximum == resource.RLIM_INFINITY else min(value, maximum)
    return (_setrlimit, (which, (ctypes.c_uint64 * 2)(value, value)), name)


def _failed(step: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{step}: {os.strerror(number)}")


def _take(steps: list[Step]) -> None:
    for function, arguments, step in steps:
        if function(*arguments) < 0:
            raise _failed(step)


def pidfd_open(pid: int) -> int:
    pidfd = _syscall(_SYS_PIDFD_OPEN, pid, 0)
    if pidfd < 0:
        raise _failed("pidfd_open")
    return pidfd


def tidy_heap() -> None:
    """Merges the free pieces of the C heap once, so that no child does it and copies all those pages."""
    _libc.malloc_trim(0)


def is_single_threaded() -> bool:
    """Whether this process has one thread, native ones counted. The kernel refuses to unshare the memory of any other; where
    the call itself is forbidden (a container), the list of threads tells."""
    if _unshare(_CLONE_VM) == 0:
        return True
    if ctypes.get_errno() == errno.EINVAL:
        return False
    return len(os.listdir("/proc/self/task")) == 1


class Lockdown:
    """The policy in the form in which it is applied."""

    def __init__(self, policy: dict) -> None:
        layers = policy["layers"]
        self.ruleset = policy["ruleset"] if layers["landlock"] else None
        self.first_unknown = CALL + 1 if self.ruleset is None else self.ruleset + 1
        self.zygote = None if layers["namespaces"] else os.getpid()
        self.pid_offsets = policy["pid_offsets"]
        # Each child writes its own process id into its copy.
        self.filter = _Filter(bytes.fromhex(policy["seccomp"]["child"]))
        self.inherited = self._inherited(policy)
        self.own = self._own(policy)
        self.is_limited = layers["limits"]

    def _inherited(self, policy: dict) -> list[Step]:
        layers, limits = policy["layers"], policy["limits"]
        steps: list[Step] = [
            # A sibling with the same user id reading this memory or attaching a debugger.
            (_prctl, (_PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE"),
            # Gaining rights by executing; also the condition for the filters and for Landlock.
            (_prctl, (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS"),
        ]
        if layers["limits"]:
            # Disk bomb: no file may outgrow the scratch space.
            steps.append(_limit(resource.RLIMIT_FSIZE, limits["file_bytes"], "RLIMIT_FSIZE"))
            # Memory bomb: private writable memory, and as a backstop the whole address space. A call lowers both.
            steps.append(_limit(resource.RLIMIT_DATA, limits["memory_bytes"], "RLIMIT_DATA"))
            steps.append(_limit(resource.RLIMIT_AS, limits["memory_bytes"] + (2 << 30), "RLIMIT_AS"))
        if layers["seccomp"]:
            # All system calls that neither a computation nor a zygote needs: kernel interfaces with a history.
            self.zygote_filter = _Filter(bytes.fromhex(policy["seccomp"]["zygote"]))
            steps.append(self.zygote_filter.step)
        return steps

    def _own(self, policy: dict) -> list[Step]:
        layers, limits = policy["layers"], policy["limits"]
        steps: list[Step] = []
        has_scratch = layers["root"] and policy["scratch"]
        if has_scratch:
            scratch, flags = policy["scratch"].encode(), ctypes.c_ulong(_MS_NOSUID_NODEV_NOEXEC)
            options = b"size=%d,nr_inodes=1024,mode=0700" % limits["tmp_bytes"]
            # A /tmp of its own in a mount namespace of its own: nothing a call writes is seen by another, or stays.
            steps.append((_unshare, (_CLONE_NEWNS,), "unshare"))
            steps.append((_mount, (b"tmpfs", scratch, b"tmpfs", flags, options), "mount /tmp"))
            steps.append((_chdir, (scratch,), "chdir /tmp"))
        if layers["capabilities"] and has_scratch:
            # The right to mount, and with it anything that needs a right in the jail's user namespace: mounting, namespaces, raw devices.
            header, none = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
            steps.append((_capset, (header, none), "capset"))
        if not layers["namespaces"]:
            # Outliving the supervisor: a pid namespace ends with its process 1; without one the kernel is asked.
            steps.append((_prctl, (_PR_SET_PDEATHSIG, int(_signal.SIGKILL), 0, 0, 0), "PR_SET_PDEATHSIG"))
        if layers["limits"]:
            # CPU loop that also ignores signals. A call lowers it.
            steps.append(_limit(resource.RLIMIT_CPU, limits["cpu_s"], "RLIMIT_CPU"))
            # Descriptor bomb. The zygote holds one for every child.
            steps.append(_limit(resource.RLIMIT_NOFILE, limits["open_files"], "RLIMIT_NOFILE"))
            # Thread bomb: counted for the whole jail, so calls may use half and the rest stays for the zygote to fork others.
            steps.append(_limit(resource.RLIMIT_NPROC, resource.getrlimit(resource.RLIMIT_NPROC)[1] // 2, "RLIMIT_NPROC"))
        if self.ruleset is not None:
            # Files outside the runtime and /tmp, TCP, abstract sockets, signals to siblings and to the zygote.
            steps.append((_syscall, (_SYS_LANDLOCK_RESTRICT_SELF, self.ruleset, 0), "landlock_restrict_self"))
            steps.append((_close, (self.ruleset,), "close the ruleset"))
        if layers["seccomp"]:
            # What only the zygote needed: processes, descriptors from elsewhere, mounts, signals to others.
            steps.append(self.filter.step)
        return steps

    def warm_up(self, runs: int) -> None:
        """Lets the interpreter specialise the code of `enter`, with steps that change nothing."""
        harmless: list[Step] = [(_prctl, (_PR_GET_DUMPABLE, 0, 0, 0, 0), "PR_GET_DUMPABLE")] * 4
        for _ in range(runs):
            _take(harmless)
            self._write_pid()
            closerange(1 << 20, 1 << 20)

    def settle(self) -> None:
        """In the zygote, once, when it has loaded what it needs."""
        _take(self.inherited)

    def enter(self, call: int, output: int, groups: "array.array[int]") -> None:
        """In a child. Leaves exactly these descriptors: 0 nothing, 1 and 2 the output pipe, 3 the call socket (it replaces the
        control socket). Stops use of anything inherited: the control socket, other calls' sockets."""
        for group in groups:
            # Memory that no other limit counts, and threads that would starve siblings: held by a control group of its own.
            os.write(group, b"0")
        dup2(call, CALL, False)
        # Not the zygote's own, whose flags all calls would share.
        dup2(open_file("/dev/null", _READ_WRITE), 0)
        dup2(output, 1)
        dup2(output, 2)
        closerange(self.first_unknown, 0x7FFF_FFFF)
        self._write_pid()
        _take(self.own)
        if self.zygote is not None and os.getppid() != self.zygote:
            raise ProcessLookupError("the zygote has ended")

    def _write_pid(self) -> None:
        pid = getpid()
        for offset in self.pid_offsets:
            pack_into("=I", self.filter.code, offset, pid)
