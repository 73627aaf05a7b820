//! The allow-list. A group is added only with the reason why CPython or a pure computation needs it and why it is harmless
//! behind the other layers.

use super::numbers::*;
use crate::{bpf::Verdict, layers::Layers};

/// Calls with one verdict and one reason.
pub(crate) struct Group {
    pub(crate) calls: &'static [Call],
    pub(crate) verdict: Verdict,
    /// Why.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that every rule has a reason"))]
    pub(crate) why: &'static str,
}

const THREAD_FLAGS: u32 = (libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND) as u32;
pub(super) const NAMESPACE_FLAGS: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u32;

pub(super) const fn allow(calls: &'static [Call], why: &'static str) -> Group {
    Group { calls, verdict: Verdict::Allow, why }
}

const fn when(call: &'static [Call], index: u8, allowed: &'static [u32], why: &'static str) -> Group {
    Group { calls: call, verdict: Verdict::Argument { index, mask: u32::MAX, allowed }, why }
}

/// The rules of a jail of these layers.
pub(crate) fn rules(layers: Layers) -> impl Iterator<Item = &'static Group> {
    RULES.iter().chain(if layers.root { RULES_WITH_ROOT } else { &[] })
}

/// Only where a jail has a root of its own, and with it nothing but the call's own /tmp that could be changed.
pub(crate) const RULES_WITH_ROOT: &[Group] = &[allow(
    &[SYS_fchmod, SYS_fchmodat, SYS_chmod, SYS_utimensat, SYS_utimes],
    "modes and times of files in the call's own /tmp; Landlock does not look at these calls, so they must find nothing else",
)];

/// The rules of all jails and machines; a call that a machine does not have is left out there.
const RULES: &[Group] = &[
    allow(
        &[
            SYS_read,
            SYS_write,
            SYS_readv,
            SYS_writev,
            SYS_pread64,
            SYS_pwrite64,
            SYS_lseek,
            SYS_close,
            SYS_close_range,
            SYS_dup,
            SYS_dup3,
            SYS_pipe2,
        ],
        "input and output on descriptors the process already has; which ones those are is decided by the parking order",
    ),
    allow(
        &[
            SYS_openat,
            SYS_fstat,
            SYS_newfstatat,
            SYS_statx,
            SYS_faccessat,
            SYS_faccessat2,
            SYS_readlinkat,
            SYS_getdents64,
            SYS_getcwd,
            SYS_chdir,
            SYS_fchdir,
            SYS_statfs,
            SYS_fstatfs,
        ],
        "imports read files; which files exist is decided by the root and which may be opened by Landlock",
    ),
    allow(
        &[
            SYS_unlinkat,
            SYS_mkdirat,
            SYS_renameat2,
            SYS_symlinkat,
            SYS_linkat,
            SYS_ftruncate,
            SYS_truncate,
            SYS_fallocate,
            SYS_fsync,
            SYS_fdatasync,
            SYS_umask,
            SYS_sendfile,
            SYS_copy_file_range,
        ],
        "files in the call's own /tmp, which is limited in size and vanishes with the process",
    ),
    allow(
        &[SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_msync],
        "memory of the process itself, bounded by RLIMIT_DATA and RLIMIT_AS",
    ),
    allow(
        &[
            SYS_futex,
            SYS_set_robust_list,
            SYS_rseq,
            SYS_set_tid_address,
            SYS_gettid,
            SYS_sched_yield,
            SYS_membarrier,
            SYS_getcpu,
            SYS_sched_getaffinity,
            SYS_sched_getscheduler,
            SYS_sched_getparam,
        ],
        "threads of the process itself; their number is bounded by memory and RLIMIT_NPROC",
    ),
    allow(
        &[
            SYS_rt_sigaction,
            SYS_rt_sigprocmask,
            SYS_rt_sigreturn,
            SYS_rt_sigpending,
            SYS_rt_sigsuspend,
            SYS_rt_sigtimedwait,
            SYS_sigaltstack,
            SYS_setitimer,
            SYS_getitimer,
        ],
        "signals within the process; SIGKILL from outside cannot be caught, so a handler delays nothing",
    ),
    allow(
        &[
            SYS_nanosleep,
            SYS_clock_nanosleep,
            SYS_clock_gettime,
            SYS_clock_getres,
            SYS_gettimeofday,
            SYS_restart_syscall,
        ],
        "reading clocks and sleeping; the wall clock limit is kept by the supervisor",
    ),
    allow(
        &[SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd2],
        "asyncio waits with epoll on its own descriptors",
    ),
    allow(
        &[
            SYS_getpid,
            SYS_getppid,
            SYS_getuid,
            SYS_geteuid,
            SYS_getgid,
            SYS_getegid,
            SYS_getresuid,
            SYS_getresgid,
            SYS_uname,
            SYS_sysinfo,
            SYS_getrusage,
            SYS_times,
            SYS_getrandom,
            SYS_getrlimit,
            SYS_setrlimit,
        ],
        "facts about the process, randomness, and limits, which without capabilities can only be lowered",
    ),
    allow(&[SYS_exit, SYS_exit_group], "ending; the supervisor learns of it from the zygote"),
    allow(
        &[SYS_recvfrom, SYS_shutdown],
        "asyncio's wake-up pair; no socket that leads anywhere can be made, and descriptors cannot be received this way",
    ),
    when(
        &[SYS_getsockopt],
        2,
        &[libc::SO_TYPE as u32, libc::SO_ERROR as u32, libc::SO_PROTOCOL as u32, libc::SO_DOMAIN as u32],
        "what sort of socket it is; not SO_PEERPIDFD, which would give a handle on the supervisor, nor who the supervisor is",
    ),
    when(
        &[SYS_fadvise64],
        3,
        &[
            libc::POSIX_FADV_NORMAL as u32,
            libc::POSIX_FADV_RANDOM as u32,
            libc::POSIX_FADV_SEQUENTIAL as u32,
            libc::POSIX_FADV_WILLNEED as u32,
            libc::POSIX_FADV_NOREUSE as u32,
        ],
        "how a file will be read; not DONTNEED, which drops the runtime's files from memory that all calls share",
    ),
    Group {
        calls: &[SYS_flock],
        verdict: Verdict::Errno(0),
        why: "pretended: a call is one process, and a real lock on /dev/null or the runtime would be seen by others and the host",
    },
    when(
        &[SYS_sendto],
        4,
        &[0],
        "asyncio's wake-up pair; without a destination address, so never a datagram to elsewhere",
    ),
    when(&[SYS_socketpair], 0, &[libc::AF_UNIX as u32], "asyncio's wake-up pair: both ends stay in the process"),
    Group {
        calls: &[SYS_fcntl],
        verdict: Verdict::Pretend {
            index: 1,
            allowed: &[
                libc::F_DUPFD as u32,
                libc::F_GETFD as u32,
                libc::F_SETFD as u32,
                libc::F_GETFL as u32,
                libc::F_SETFL as u32,
                libc::F_GETLK as u32,
                libc::F_DUPFD_CLOEXEC as u32,
            ],
            pretended: &[libc::F_SETLK as u32, libc::F_SETLKW as u32],
        },
        why: "flags of descriptors, locks only pretended as above; not F_SETOWN, which makes the kernel signal another process",
    },
    when(
        &[SYS_ioctl],
        1,
        &[
            libc::TCGETS as u32,
            libc::FIOCLEX as u32,
            libc::FIONCLEX as u32,
            libc::FIONBIO as u32,
            libc::FIONREAD as u32,
        ],
        "isatty and descriptor flags; not TIOCSTI, which types into a terminal, and no device command",
    ),
    when(
        &[SYS_prctl],
        0,
        &[libc::PR_SET_NAME as u32, libc::PR_GET_NAME as u32, 0x5356_4d41],
        "names of threads and (PR_SET_VMA) of memory areas; not PR_SET_DUMPABLE, which would open the memory to siblings",
    ),
    Group {
        calls: &[SYS_clone],
        verdict: Verdict::Argument { index: 0, mask: THREAD_FLAGS | NAMESPACE_FLAGS, allowed: &[THREAD_FLAGS] },
        why: "only threads: a new process would outlive limits and be a fork bomb, a namespace would give capabilities",
    },
    Group {
        calls: &[SYS_clone3, SYS_openat2],
        verdict: Verdict::Errno(libc::ENOSYS as u16),
        why: "their arguments lie in memory where a filter cannot look; ENOSYS makes libc fall back to clone and openat",
    },
    when(&[SYS_prlimit64], 0, &[0], "limits of the process itself, to lower them; never those of a sibling"),
    Group {
        calls: &[SYS_kill, SYS_tgkill],
        verdict: Verdict::OwnPid { index: 0 },
        why: "abort() and raise() signal the process itself; siblings and the zygote must stay out of reach",
    },
    allow(
        &[
            SYS_open,
            SYS_stat,
            SYS_lstat,
            SYS_access,
            SYS_readlink,
            SYS_unlink,
            SYS_mkdir,
            SYS_rmdir,
            SYS_rename,
            SYS_renameat,
            SYS_symlink,
            SYS_link,
            SYS_dup2,
            SYS_pipe,
            SYS_poll,
            SYS_select,
            SYS_epoll_wait,
            SYS_epoll_create,
            SYS_eventfd,
            SYS_time,
            SYS_alarm,
            SYS_pause,
        ],
        "older spellings of calls allowed above, still used by some libraries; aarch64 has hardly any of them",
    ),
];
