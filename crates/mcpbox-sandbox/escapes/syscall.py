"""Raw system calls, put before the programs that say `with: syscall`, so that no wrapper of Python or libc stands between them and
the kernel."""

import ctypes
import errno
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

# name: (x86_64, aarch64)
_NUMBERS = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "arch_prctl": (158, None), "bpf": (321, 280),
    "capset": (126, 91), "cachestat": (451, 451), "chroot": (161, 51), "clock_settime": (227, 112), "clone": (56, 220),
    "clone3": (435, 435), "connect": (42, 203), "delete_module": (176, 106), "execve": (59, 221), "execveat": (322, 281),
    "fadvise64": (221, 223), "fanotify_init": (300, 262), "fcntl": (72, 25), "finit_module": (313, 273), "fork": (57, None),
    "fsopen": (430, 430), "getsockopt": (55, 209), "init_module": (175, 105), "inotify_init1": (294, 26), "io_uring_setup": (425, 425),
    "ioctl": (16, 29), "ioperm": (173, None), "iopl": (172, None), "ioprio_set": (251, 30), "kcmp": (312, 272),
    "kexec_load": (246, 104), "keyctl": (250, 219), "kill": (62, 129), "landlock_create_ruleset": (444, 444),
    "linkat": (265, 37), "memfd_create": (319, 279), "memfd_secret": (447, 447), "mincore": (27, 232), "mlockall": (151, 230),
    "mmap": (9, 222), "modify_ldt": (154, None), "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "move_pages": (279, 239), "mq_open": (240, 180), "msgget": (68, 186), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "openat": (257, 56), "openat2": (437, 437), "perf_event_open": (298, 241),
    "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41), "pkey_alloc": (330, 289), "prctl": (157, 167), "prlimit64": (302, 261), "process_madvise": (440, 440),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60), "reboot": (169, 142),
    "recvmsg": (47, 212), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "sched_setscheduler": (144, 119), "seccomp": (317, 277), "semget": (64, 190), "sendmsg": (46, 211), "sendto": (44, 206),
    "sethostname": (170, 161), "setns": (308, 268), "setpriority": (141, 140), "setresuid": (117, 147), "setuid": (105, 146),
    "shmget": (29, 194), "signalfd4": (289, 74), "socket": (41, 198), "socketpair": (53, 199), "splice": (275, 76),
    "statmount": (457, 457), "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116), "tgkill": (234, 131),
    "timer_create": (222, 107), "timerfd_create": (283, 85), "tkill": (200, 130), "umount2": (166, 39), "unshare": (272, 97),
    "userfaultfd": (323, 282), "vfork": (58, None), "vmsplice": (278, 75),
}  # fmt: skip


def number(name):
    found = _NUMBERS[name][os.uname().machine == "aarch64"]
    if found is None:
        raise OSError(errno.ENOSYS, f"{name} does not exist on this machine")
    return found


def syscall(name, *arguments):
    """The call by its name (or number); raises OSError as the os module would."""
    nr = number(name) if isinstance(name, str) else name
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    ctypes.set_errno(0)
    result = _libc.syscall(ctypes.c_long(nr), *words)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(name))
    return result


def reach(name, *arguments):
    """For calls that must not be tried for real: with arguments the kernel rejects, whoever hears of the arguments got through."""
    try:
        syscall(name, *arguments)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise
    return f"{name} reached the kernel"
