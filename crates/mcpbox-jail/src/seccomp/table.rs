//! The allow-list. A group is added only with the reason why CPython or a pure computation needs it and why it is harmless
//! behind the other layers.

use crate::bpf::Verdict;

/// Calls with one verdict and one reason.
pub(crate) struct Group {
    pub(crate) calls: &'static [i64],
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

const fn allow(calls: &'static [i64], why: &'static str) -> Group {
    Group { calls, verdict: Verdict::Allow, why }
}

const fn when(call: &'static [i64], index: u8, allowed: &'static [u32], why: &'static str) -> Group {
    Group { calls: call, verdict: Verdict::Argument { index, mask: u32::MAX, allowed }, why }
}

/// The rules common to all machines, then those of this one.
pub(crate) const RULES: &[Group] = &[
    allow(
        &[
            libc::SYS_read,
            libc::SYS_write,
            libc::SYS_readv,
            libc::SYS_writev,
            libc::SYS_pread64,
            libc::SYS_pwrite64,
            libc::SYS_lseek,
            libc::SYS_close,
            libc::SYS_close_range,
            libc::SYS_dup,
            libc::SYS_dup3,
            libc::SYS_pipe2,
        ],
        "input and output on descriptors the process already has; which ones those are is decided by the parking order",
    ),
    allow(
        &[
            libc::SYS_openat,
            libc::SYS_fstat,
            libc::SYS_newfstatat,
            libc::SYS_statx,
            libc::SYS_faccessat,
            libc::SYS_faccessat2,
            libc::SYS_readlinkat,
            libc::SYS_getdents64,
            libc::SYS_getcwd,
            libc::SYS_chdir,
            libc::SYS_fchdir,
            libc::SYS_statfs,
            libc::SYS_fstatfs,
        ],
        "imports read files; which files exist is decided by the root and which may be opened by Landlock",
    ),
    allow(
        &[
            libc::SYS_unlinkat,
            libc::SYS_mkdirat,
            libc::SYS_renameat2,
            libc::SYS_symlinkat,
            libc::SYS_linkat,
            libc::SYS_ftruncate,
            libc::SYS_truncate,
            libc::SYS_fallocate,
            libc::SYS_fsync,
            libc::SYS_fdatasync,
            libc::SYS_fchmod,
            libc::SYS_fchmodat,
            libc::SYS_utimensat,
            libc::SYS_flock,
            libc::SYS_umask,
            libc::SYS_sendfile,
            libc::SYS_copy_file_range,
            libc::SYS_fadvise64,
        ],
        "files in the call's own /tmp, which is limited in size and vanishes with the process",
    ),
    allow(
        &[
            libc::SYS_mmap,
            libc::SYS_munmap,
            libc::SYS_mremap,
            libc::SYS_mprotect,
            libc::SYS_madvise,
            libc::SYS_brk,
            libc::SYS_msync,
        ],
        "memory of the process itself, bounded by RLIMIT_DATA and RLIMIT_AS",
    ),
    allow(
        &[
            libc::SYS_futex,
            libc::SYS_set_robust_list,
            libc::SYS_rseq,
            libc::SYS_set_tid_address,
            libc::SYS_gettid,
            libc::SYS_sched_yield,
            libc::SYS_membarrier,
            libc::SYS_getcpu,
            libc::SYS_sched_getaffinity,
            libc::SYS_sched_getscheduler,
            libc::SYS_sched_getparam,
        ],
        "threads of the process itself; their number is bounded by memory and RLIMIT_NPROC",
    ),
    allow(
        &[
            libc::SYS_rt_sigaction,
            libc::SYS_rt_sigprocmask,
            libc::SYS_rt_sigreturn,
            libc::SYS_rt_sigpending,
            libc::SYS_rt_sigsuspend,
            libc::SYS_rt_sigtimedwait,
            libc::SYS_sigaltstack,
            libc::SYS_setitimer,
            libc::SYS_getitimer,
        ],
        "signals within the process; SIGKILL from outside cannot be caught, so a handler delays nothing",
    ),
    allow(
        &[
            libc::SYS_nanosleep,
            libc::SYS_clock_nanosleep,
            libc::SYS_clock_gettime,
            libc::SYS_clock_getres,
            libc::SYS_gettimeofday,
            libc::SYS_restart_syscall,
        ],
        "reading clocks and sleeping; the wall clock limit is kept by the supervisor",
    ),
    allow(
        &[
            libc::SYS_ppoll,
            libc::SYS_pselect6,
            libc::SYS_epoll_create1,
            libc::SYS_epoll_ctl,
            libc::SYS_epoll_pwait,
            libc::SYS_epoll_pwait2,
            libc::SYS_eventfd2,
        ],
        "asyncio waits with epoll on its own descriptors",
    ),
    allow(
        &[
            libc::SYS_getpid,
            libc::SYS_getppid,
            libc::SYS_getuid,
            libc::SYS_geteuid,
            libc::SYS_getgid,
            libc::SYS_getegid,
            libc::SYS_getresuid,
            libc::SYS_getresgid,
            libc::SYS_uname,
            libc::SYS_sysinfo,
            libc::SYS_getrusage,
            libc::SYS_times,
            libc::SYS_getrandom,
            libc::SYS_getrlimit,
            libc::SYS_setrlimit,
        ],
        "facts about the process, randomness, and limits, which without capabilities can only be lowered",
    ),
    allow(&[libc::SYS_exit, libc::SYS_exit_group], "ending; the supervisor learns of it from the zygote"),
    allow(
        &[libc::SYS_recvfrom, libc::SYS_shutdown, libc::SYS_getsockopt],
        "asyncio's wake-up pair; no socket that leads anywhere can be made, and descriptors cannot be received this way",
    ),
    when(
        &[libc::SYS_sendto],
        4,
        &[0],
        "asyncio's wake-up pair; without a destination address, so never a datagram to elsewhere",
    ),
    when(&[libc::SYS_socketpair], 0, &[libc::AF_UNIX as u32], "asyncio's wake-up pair: both ends stay in the process"),
    when(
        &[libc::SYS_fcntl],
        1,
        &[
            libc::F_DUPFD as u32,
            libc::F_GETFD as u32,
            libc::F_SETFD as u32,
            libc::F_GETFL as u32,
            libc::F_SETFL as u32,
            libc::F_GETLK as u32,
            libc::F_SETLK as u32,
            libc::F_SETLKW as u32,
            libc::F_DUPFD_CLOEXEC as u32,
        ],
        "flags and locks of descriptors; not F_SETOWN, which makes the kernel signal another process",
    ),
    when(
        &[libc::SYS_ioctl],
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
        &[libc::SYS_prctl],
        0,
        &[libc::PR_SET_NAME as u32, libc::PR_GET_NAME as u32, 0x5356_4d41],
        "names of threads and (PR_SET_VMA) of memory areas; not PR_SET_DUMPABLE, which would open the memory to siblings",
    ),
    Group {
        calls: &[libc::SYS_clone],
        verdict: Verdict::Argument { index: 0, mask: THREAD_FLAGS | NAMESPACE_FLAGS, allowed: &[THREAD_FLAGS] },
        why: "only threads: a new process would outlive limits and be a fork bomb, a namespace would give capabilities",
    },
    Group {
        calls: &[libc::SYS_clone3, libc::SYS_openat2],
        verdict: Verdict::Errno(libc::ENOSYS as u16),
        why: "their arguments lie in memory where a filter cannot look; ENOSYS makes libc fall back to clone and openat",
    },
    when(&[libc::SYS_prlimit64], 0, &[0], "limits of the process itself, to lower them; never those of a sibling"),
    Group {
        calls: &[libc::SYS_kill, libc::SYS_tgkill],
        verdict: Verdict::OwnPid { index: 0 },
        why: "abort() and raise() signal the process itself; siblings and the zygote must stay out of reach",
    },
    #[cfg(target_arch = "x86_64")]
    allow(
        &[
            libc::SYS_open,
            libc::SYS_stat,
            libc::SYS_lstat,
            libc::SYS_access,
            libc::SYS_readlink,
            libc::SYS_unlink,
            libc::SYS_mkdir,
            libc::SYS_rmdir,
            libc::SYS_rename,
            libc::SYS_renameat,
            libc::SYS_symlink,
            libc::SYS_link,
            libc::SYS_chmod,
            libc::SYS_dup2,
            libc::SYS_pipe,
            libc::SYS_poll,
            libc::SYS_select,
            libc::SYS_epoll_wait,
            libc::SYS_epoll_create,
            libc::SYS_eventfd,
            libc::SYS_time,
            libc::SYS_alarm,
            libc::SYS_pause,
            libc::SYS_utimes,
        ],
        "older spellings of calls allowed above, still used by some libraries on this machine",
    ),
    #[cfg(target_arch = "aarch64")]
    allow(&[libc::SYS_renameat], "older spelling of renameat2, still used by some libraries on this machine"),
];
