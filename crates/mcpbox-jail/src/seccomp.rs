//! The system calls a tool process may make, each group with its reason. Everything else answers EPERM; foreign
//! architectures die. Applied by each child as the last step before it meets tool code.

use crate::{
    bpf::{Verdict, compile},
    error::{JailError, Layer},
};

mod table;

/// A seccomp program, ready for the kernel but for the process id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// `struct sock_filter[]`, native byte order.
    pub program: Vec<u8>,
    /// Byte offsets at which the child writes its own process id (u32, native order).
    pub pid_offsets: Vec<usize>,
}

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7; // AUDIT_ARCH_AARCH64

/// First number of the x32 entry points, which share AUDIT_ARCH_X86_64.
const X32_FIRST: u32 = 0x4000_0000;

/// The filter of tool processes on this machine.
pub fn filter() -> Filter {
    let mut rules: Vec<(u32, Verdict)> = table::RULES
        .iter()
        .flat_map(|group| group.calls.iter().map(|number| (u32::try_from(*number).unwrap_or(u32::MAX), group.verdict)))
        .collect();
    // x32 is a second door to most calls under other numbers: whoever knocks there dies.
    rules.push((X32_FIRST, Verdict::Kill));
    rules.sort_by_key(|(number, _)| *number);
    let program = compile(ARCH, &rules, Verdict::Errno(libc::EPERM as u16));
    let pid_offsets = program.iter().enumerate().filter(|(_, i)| i.is_pid_test()).map(|(at, _)| at * 8 + 4).collect();
    Filter { program: program.iter().flat_map(|i| i.to_bytes()).collect(), pid_offsets }
}

/// Whether the kernel knows filters that kill, which all of this stands on. Asked before any tool code exists.
#[expect(unsafe_code, reason = "no safe wrapper for seccomp")]
pub(crate) fn check() -> Result<(), JailError> {
    let kill = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: this operation only reads the four bytes behind the pointer.
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0_u32, &raw const kill) };
    if answer == 0 {
        return Ok(());
    }
    Err(JailError::new(Layer::Seccomp, "SECCOMP_GET_ACTION_AVAIL", std::io::Error::last_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_has_two_verdicts() {
        let mut seen = std::collections::HashSet::new();
        for group in table::RULES {
            assert!(group.why.len() > 20, "a rule without a reason");
            for number in group.calls {
                assert!(seen.insert(number), "call {number} stands in two groups");
            }
        }
    }

    #[test]
    fn the_program_fits_the_kernel_and_knows_where_the_pid_goes() {
        let filter = filter();
        assert!(filter.program.len() / 8 < 512, "{} instructions", filter.program.len() / 8);
        assert_eq!(filter.pid_offsets.len(), 2, "kill and tgkill");
    }

    #[test]
    fn the_dangerous_calls_are_absent() {
        let allowed: Vec<i64> = table::RULES.iter().flat_map(|group| group.calls.iter().copied()).collect();
        let dangerous = [
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_sendmsg,
            libc::SYS_recvmsg,
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
            libc::SYS_bpf,
            libc::SYS_keyctl,
            libc::SYS_perf_event_open,
            libc::SYS_io_uring_setup,
            libc::SYS_userfaultfd,
            libc::SYS_memfd_create,
            libc::SYS_pidfd_open,
            libc::SYS_pidfd_getfd,
            libc::SYS_pidfd_send_signal,
            libc::SYS_tkill,
            libc::SYS_capset,
            libc::SYS_setuid,
            libc::SYS_seccomp,
            libc::SYS_shmget,
            libc::SYS_move_mount,
            libc::SYS_fsopen,
            libc::SYS_setsid,
            libc::SYS_name_to_handle_at,
            libc::SYS_open_by_handle_at,
            libc::SYS_kexec_load,
            libc::SYS_init_module,
            libc::SYS_reboot,
        ];
        for number in dangerous {
            assert!(!allowed.contains(&number), "{number}");
        }
    }
}
