//! The numbers of the calls in the table, for each machine. Both columns are compared with libc's by the compiler, each when it builds
//! for that machine.

use super::Machine;

/// A system call: its number on each machine that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    x86_64: Option<u32>,
    aarch64: Option<u32>,
}

impl Call {
    /// Its number on `machine`.
    pub(crate) fn number(self, machine: Machine) -> Option<u32> {
        match machine {
            Machine::X86_64 => self.x86_64,
            Machine::Aarch64 => self.aarch64,
        }
    }
}

macro_rules! number {
    (-) => {
        None
    };
    ($number:literal) => {
        Some($number)
    };
}

macro_rules! as_in_libc {
    ($name:ident, -) => {};
    ($name:ident, $number:literal) => {
        const _: () = assert!(libc::$name == $number, "a number differs from libc's");
    };
}

macro_rules! numbers {
    ($($name:ident $x86_64:tt $aarch64:tt;)*) => {
        $(
            #[expect(non_upper_case_globals, reason = "named as in libc")]
            pub(crate) const $name: Call =
                Call { name: stringify!($name), x86_64: number!($x86_64), aarch64: number!($aarch64) };
            #[cfg(target_arch = "x86_64")]
            as_in_libc!($name, $x86_64);
            #[cfg(target_arch = "aarch64")]
            as_in_libc!($name, $aarch64);
        )*
    };
}

// Name, number on x86_64, number on aarch64.
numbers! {
    SYS_read               0 63;
    SYS_write              1 64;
    SYS_readv              19 65;
    SYS_writev             20 66;
    SYS_pread64            17 67;
    SYS_pwrite64           18 68;
    SYS_lseek              8 62;
    SYS_close              3 57;
    SYS_close_range        436 436;
    SYS_dup                32 23;
    SYS_dup3               292 24;
    SYS_pipe2              293 59;
    SYS_openat             257 56;
    SYS_fstat              5 80;
    SYS_newfstatat         262 79;
    SYS_statx              332 291;
    SYS_faccessat          269 48;
    SYS_faccessat2         439 439;
    SYS_readlinkat         267 78;
    SYS_getdents64         217 61;
    SYS_getcwd             79 17;
    SYS_chdir              80 49;
    SYS_fchdir             81 50;
    SYS_statfs             137 43;
    SYS_fstatfs            138 44;
    SYS_unlinkat           263 35;
    SYS_mkdirat            258 34;
    SYS_renameat2          316 276;
    SYS_symlinkat          266 36;
    SYS_linkat             265 37;
    SYS_ftruncate          77 46;
    SYS_truncate           76 45;
    SYS_fallocate          285 47;
    SYS_fsync              74 82;
    SYS_fdatasync          75 83;
    SYS_fchmod             91 52;
    SYS_fchmodat           268 53;
    SYS_utimensat          280 88;
    SYS_flock              73 32;
    SYS_umask              95 166;
    SYS_sendfile           40 71;
    SYS_copy_file_range    326 285;
    SYS_fadvise64          221 223;
    SYS_mmap               9 222;
    SYS_munmap             11 215;
    SYS_mremap             25 216;
    SYS_mprotect           10 226;
    SYS_madvise            28 233;
    SYS_brk                12 214;
    SYS_msync              26 227;
    SYS_futex              202 98;
    SYS_set_robust_list    273 99;
    SYS_rseq               334 293;
    SYS_set_tid_address    218 96;
    SYS_gettid             186 178;
    SYS_sched_yield        24 124;
    SYS_membarrier         324 283;
    SYS_getcpu             309 168;
    SYS_sched_getaffinity  204 123;
    SYS_sched_getscheduler 145 120;
    SYS_sched_getparam     143 121;
    SYS_rt_sigaction       13 134;
    SYS_rt_sigprocmask     14 135;
    SYS_rt_sigreturn       15 139;
    SYS_rt_sigpending      127 136;
    SYS_rt_sigsuspend      130 133;
    SYS_rt_sigtimedwait    128 137;
    SYS_sigaltstack        131 132;
    SYS_setitimer          38 103;
    SYS_getitimer          36 102;
    SYS_nanosleep          35 101;
    SYS_clock_nanosleep    230 115;
    SYS_clock_gettime      228 113;
    SYS_clock_getres       229 114;
    SYS_gettimeofday       96 169;
    SYS_restart_syscall    219 128;
    SYS_ppoll              271 73;
    SYS_pselect6           270 72;
    SYS_epoll_create1      291 20;
    SYS_epoll_ctl          233 21;
    SYS_epoll_pwait        281 22;
    SYS_epoll_pwait2       441 441;
    SYS_eventfd2           290 19;
    SYS_getpid             39 172;
    SYS_getppid            110 173;
    SYS_getuid             102 174;
    SYS_geteuid            107 175;
    SYS_getgid             104 176;
    SYS_getegid            108 177;
    SYS_getresuid          118 148;
    SYS_getresgid          120 150;
    SYS_uname              63 160;
    SYS_sysinfo            99 179;
    SYS_getrusage          98 165;
    SYS_times              100 153;
    SYS_getrandom          318 278;
    SYS_getrlimit          97 -;
    SYS_setrlimit          160 -;
    SYS_exit               60 93;
    SYS_exit_group         231 94;
    SYS_recvfrom           45 207;
    SYS_shutdown           48 210;
    SYS_getsockopt         55 209;
    SYS_sendto             44 206;
    SYS_socketpair         53 199;
    SYS_socket             41 198;
    SYS_connect            42 203;
    SYS_setsockopt         54 208;
    SYS_getsockname        51 204;
    SYS_getpeername        52 205;
    SYS_fcntl              72 25;
    SYS_ioctl              16 29;
    SYS_prctl              157 167;
    SYS_clone              56 220;
    SYS_wait4              61 260;
    SYS_recvmsg            47 212;
    SYS_sendmsg            46 211;
    SYS_pidfd_open         434 434;
    SYS_unshare            272 97;
    SYS_mount              165 40;
    SYS_capset             126 91;
    SYS_landlock_restrict_self 446 446;
    SYS_clone3             435 435;
    SYS_openat2            437 437;
    SYS_execve             59 221;
    SYS_arch_prctl         158 -;
    SYS_capget             125 90;
    SYS_getgroups          115 158;
    SYS_getpgid            121 155;
    SYS_getpgrp            111 -;
    SYS_getsid             124 156;
    SYS_getpriority        140 141;
    SYS_prlimit64          302 261;
    SYS_kill               62 129;
    SYS_tgkill             234 131;
    SYS_open               2 -;
    SYS_stat               4 -;
    SYS_lstat              6 -;
    SYS_access             21 -;
    SYS_readlink           89 -;
    SYS_unlink             87 -;
    SYS_mkdir              83 -;
    SYS_rmdir              84 -;
    SYS_rename             82 -;
    SYS_renameat           264 -;
    SYS_symlink            88 -;
    SYS_link               86 -;
    SYS_chmod              90 -;
    SYS_dup2               33 -;
    SYS_pipe               22 -;
    SYS_poll               7 -;
    SYS_select             23 -;
    SYS_epoll_wait         232 -;
    SYS_epoll_create       213 -;
    SYS_eventfd            284 -;
    SYS_time               201 -;
    SYS_alarm              37 -;
    SYS_pause              34 -;
    SYS_utimes             235 -;
}
