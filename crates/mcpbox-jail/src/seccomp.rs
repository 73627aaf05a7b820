//! The system calls a tool process may make, each group with its reason. Everything else answers EPERM; foreign
//! architectures die.
//!
//! Two filters, because the kernel takes a fifth of a short call to compile a long one: the zygote has the long one with the
//! whole table, inherited by every child; each child adds a short one that takes away what only the zygote needed. The
//! kernel applies the stricter verdict of the two.

use std::collections::BTreeMap;

use crate::bpf::{Instruction, Verdict, compile};

mod table;
mod zygote;

use table::Group;

/// The filters of a jail, each `struct sock_filter[]` in native byte order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filters {
    /// For the zygote once it is ready, inherited by its children.
    pub(crate) zygote: Vec<u8>,
    /// For each child, as its last step before it meets tool code.
    pub(crate) child: Vec<u8>,
    /// Byte offsets in `child` at which the child writes its own process id (u32, native order).
    pub(crate) pid_offsets: Vec<usize>,
}

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7; // AUDIT_ARCH_AARCH64

/// First number of the x32 entry points, which share AUDIT_ARCH_X86_64.
const X32_FIRST: u32 = 0x4000_0000;

const DENIED: Verdict = Verdict::Errno(libc::EPERM as u16);

/// The filters of this machine.
pub(crate) fn filters() -> Filters {
    let (zygote, child) = programs();
    let pid_offsets = child.iter().enumerate().filter(|(_, i)| i.is_pid_test()).map(|(at, _)| at * 8 + 4).collect();
    let bytes = |program: &[Instruction]| program.iter().flat_map(|i| i.to_bytes()).collect();
    Filters { zygote: bytes(&zygote), child: bytes(&child), pid_offsets }
}

fn programs() -> (Vec<Instruction>, Vec<Instruction>) {
    let (table, extra) = (verdicts(table::RULES), verdicts(zygote::EXTRA));
    let mut long = table.clone();
    long.extend(extra.clone());
    // x32 is a second door to most calls under other numbers: whoever knocks there dies.
    long.insert(X32_FIRST, Verdict::Kill);
    let short = extra.keys().map(|number| (*number, table.get(number).copied().unwrap_or(DENIED))).collect();
    (program(&long, DENIED), program(&short, Verdict::Allow))
}

fn verdicts(groups: &[Group]) -> BTreeMap<u32, Verdict> {
    let number = |call: &i64| u32::try_from(*call).unwrap_or(u32::MAX);
    groups.iter().flat_map(|group| group.calls.iter().map(move |call| (number(call), group.verdict))).collect()
}

fn program(rules: &BTreeMap<u32, Verdict>, other: Verdict) -> Vec<Instruction> {
    let rules: Vec<_> = rules.iter().map(|(number, verdict)| (*number, *verdict)).collect();
    compile(ARCH, &rules, other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::run;

    #[test]
    fn no_call_has_two_verdicts() {
        let mut seen = std::collections::HashSet::new();
        for (list, groups) in [("table", table::RULES), ("zygote", zygote::EXTRA)] {
            for group in groups {
                assert!(group.why.len() > 20, "a rule without a reason");
                for number in group.calls {
                    assert!(seen.insert((list, number)), "call {number} stands in two groups");
                }
            }
        }
    }

    #[test]
    fn the_programs_fit_the_kernel_and_know_where_the_pid_goes() {
        let filters = filters();
        assert!(filters.zygote.len() / 8 < 512, "{} instructions", filters.zygote.len() / 8);
        assert!(filters.child.len() / 8 < 100, "{} instructions: every call compiles them", filters.child.len() / 8);
        assert_eq!(filters.pid_offsets.len(), 2, "kill and tgkill");
    }

    #[test]
    fn both_filters_together_say_what_the_table_says() {
        let (long, short) = programs();
        let mut rules = verdicts(table::RULES);
        rules.insert(X32_FIRST, Verdict::Kill);
        let one = program(&rules, DENIED);
        let values =
            [0, 1, 4, 5, 15, 16, 22, 38, libc::CLONE_NEWNS as u64, 0x3d_0f00, 0x12_0011, 0x5356_4d41, 0x5043_4744];
        for number in (0..1024).chain([X32_FIRST, X32_FIRST + 59, u32::MAX]) {
            for first in values {
                let arguments = [first, first, first, first, first, first];
                let both = [run(&long, ARCH, number, arguments), run(&short, ARCH, number, arguments)];
                assert_eq!(
                    both.into_iter().min_by_key(|verdict| (*verdict).cast_signed()),
                    Some(run(&one, ARCH, number, arguments)),
                    "{number} {first:#x}"
                );
            }
        }
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
