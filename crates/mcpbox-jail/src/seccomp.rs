//! The system calls a tool process may make, each group with its reason. Everything else answers EPERM; foreign
//! architectures die.
//!
//! Two filters, because compiling a long one is a tenth of a short call: the zygote has the long one with the whole table,
//! inherited by every child; each child adds a short one that takes away what only the zygote needed. The kernel
//! applies the stricter verdict of the two.

use std::collections::BTreeMap;

use crate::{
    bpf::{Instruction, Rule, Verdict, compile},
    error::{JailError, Layer},
    layers::Layers,
};

mod numbers;
pub(crate) mod program;
mod proxy;
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

/// What the program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    /// 64-bit Intel and AMD.
    X86_64,
    /// 64-bit ARM.
    #[cfg_attr(all(target_arch = "x86_64", not(test)), expect(dead_code, reason = "made by tests alone"))]
    Aarch64,
}

impl Machine {
    /// The one this program runs on.
    #[cfg(target_arch = "x86_64")]
    pub(crate) const HERE: Self = Self::X86_64;
    /// The one this program runs on.
    #[cfg(target_arch = "aarch64")]
    pub(crate) const HERE: Self = Self::Aarch64;

    /// How the kernel names its system calls' architecture; 32-bit ones have others.
    fn audit_arch(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::Aarch64 => 0xc000_00b7,
        }
    }
}

/// First number of the x32 entry points, which share x86_64's architecture.
const X32_FIRST: u32 = 0x4000_0000;

const DENIED: Verdict = Verdict::Errno(libc::EPERM as u16);

/// The filters of a jail of these layers on `machine`, with outgoing TCP where it has a proxy.
pub(crate) fn filters(machine: Machine, layers: Layers, has_proxy: bool) -> Filters {
    let (zygote, child) = programs(machine, layers, has_proxy);
    let pid_offsets = child.iter().enumerate().filter(|(_, i)| i.is_pid_test()).map(|(at, _)| at * 8 + 4).collect();
    let bytes = |program: &[Instruction]| program.iter().flat_map(|i| i.to_bytes()).collect();
    Filters { zygote: bytes(&zygote), child: bytes(&child), pid_offsets }
}

/// The zygote's, and what a child adds.
fn programs(machine: Machine, layers: Layers, has_proxy: bool) -> (Vec<Instruction>, Vec<Instruction>) {
    let proxy = if has_proxy { proxy::RULES } else { &[] };
    let table = verdicts(machine, table::rules(layers).chain(proxy));
    let extra = verdicts(machine, zygote::EXTRA.iter());
    let mut long = table.clone();
    long.extend(&extra);
    let short = extra.keys().map(|number| (*number, table.get(number).copied().unwrap_or(DENIED))).collect();
    (program(machine, &long, DENIED), program(machine, &short, Verdict::Allow))
}

fn verdicts<'a>(machine: Machine, groups: impl Iterator<Item = &'a Group>) -> BTreeMap<u32, Verdict> {
    let calls = groups.flat_map(|group| group.calls.iter().map(|call| (call, group.verdict)));
    calls.filter_map(|(call, verdict)| call.number(machine).map(|number| (number, verdict))).collect()
}

fn program(machine: Machine, verdicts: &BTreeMap<u32, Verdict>, other: Verdict) -> Vec<Instruction> {
    let mut rules: Vec<Rule> = verdicts.iter().map(|(number, verdict)| (*number..=*number, *verdict)).collect();
    if machine == Machine::X86_64 {
        // x32 is a second door to most calls under other numbers: whoever knocks there dies.
        rules.push((X32_FIRST..=u32::MAX, Verdict::Kill));
    }
    compile(machine.audit_arch(), &rules, other)
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
    use crate::bpf::{PID_PLACEHOLDER, RET_ALLOW, RET_ERRNO, RET_KILL_PROCESS, interpreter::run};

    const MACHINES: [Machine; 2] = [Machine::X86_64, Machine::Aarch64];

    /// What the table says about a number, read without the compiler.
    fn group_of(machine: Machine, number: u32) -> Option<&'static Group> {
        table::rules(Layers::ALL).find(|group| group.calls.iter().any(|call| call.number(machine) == Some(number)))
    }

    /// What a tool process would have if the table were its only filter.
    fn alone(machine: Machine, layers: Layers) -> Vec<Instruction> {
        program(machine, &verdicts(machine, table::rules(layers)), DENIED)
    }

    #[test]
    fn both_filters_together_say_what_the_table_says() {
        let values = [0, 1, 4, 5, 6, 15, 16, 22, 38, 0x2_0000, 0x3d_0f00, 0x120_0011, 0x5356_4d41, PID_PLACEHOLDER];
        let cases = MACHINES
            .into_iter()
            .flat_map(|machine| [Layers::ALL, Layers::NO_NAMESPACES].map(|layers| (machine, layers)));
        for (machine, layers) in cases {
            let (arch, alone, (long, short)) =
                (machine.audit_arch(), alone(machine, layers), programs(machine, layers, false));
            for number in (0..1024).chain([X32_FIRST, X32_FIRST + 59, u32::MAX]) {
                for value in values {
                    let ask = |program: &[Instruction]| run(program, arch, number, [u64::from(value); 6]).answer;
                    // Read as signed numbers, the kernel takes the smallest.
                    let both = ask(&long).cast_signed().min(ask(&short).cast_signed());
                    assert_eq!(both, ask(&alone).cast_signed(), "{machine:?} {number} {value:#x}");
                }
            }
        }
    }

    #[test]
    fn every_call_stands_once_and_every_rule_has_its_reason() {
        for machine in MACHINES {
            let mut seen = std::collections::HashSet::new();
            assert!(zygote::EXTRA.iter().all(|group| group.why.len() > 20), "a rule without a reason");
            for group in table::rules(Layers::ALL) {
                assert!(group.why.len() > 20, "a rule without a reason");
                for call in group.calls {
                    assert!(
                        call.number(machine).is_none_or(|number| seen.insert(number)),
                        "{} stands twice",
                        call.name
                    );
                }
            }
            assert!(seen.len() > 110, "{machine:?} has only {} calls", seen.len());
        }
    }

    #[test]
    fn on_both_machines_what_the_table_allows_runs_and_nothing_else() {
        for machine in MACHINES {
            let (program, arch) = (alone(machine, Layers::ALL), machine.audit_arch());
            let ask = |number, arguments| run(&program, arch, number, arguments).answer;
            for number in (0..2048).chain([0x3fff_ffff]) {
                let (allowed, other) = match group_of(machine, number).map(|group| group.verdict) {
                    None => (None, RET_ERRNO | libc::EPERM as u32),
                    Some(Verdict::Allow) => (None, RET_ALLOW),
                    Some(Verdict::Errno(error)) => (None, RET_ERRNO | u32::from(error)),
                    Some(Verdict::Kill) => (None, RET_KILL_PROCESS),
                    Some(Verdict::Arguments(_) | Verdict::Pair { .. }) => panic!("only with a proxy"),
                    Some(Verdict::OwnPid { index }) => {
                        (Some((index, vec![PID_PLACEHOLDER])), RET_ERRNO | libc::EPERM as u32)
                    }
                    Some(Verdict::Argument { index, allowed, .. } | Verdict::Pretend { index, allowed, .. }) => {
                        (Some((index, allowed.to_vec())), RET_ERRNO | libc::EPERM as u32)
                    }
                };
                // No rule allows all bits set, nor anything in an upper half.
                for wrong in [[u64::MAX; 6], [1 << 32; 6]] {
                    assert_eq!(ask(number, wrong), other, "{machine:?} {number}");
                }
                for (index, value) in
                    allowed.into_iter().flat_map(|(index, values)| values.into_iter().map(move |value| (index, value)))
                {
                    let mut arguments = [u64::MAX; 6];
                    arguments[usize::from(index)] = u64::from(value);
                    assert_eq!(ask(number, arguments), RET_ALLOW, "{machine:?} {number} {value:#x}");
                    arguments[usize::from(index)] |= 1 << 32;
                    assert_eq!(ask(number, arguments), other, "{machine:?} {number} {value:#x}");
                }
            }
        }
    }

    #[test]
    fn other_architectures_and_x32_die() {
        for machine in MACHINES {
            let program = alone(machine, Layers::ALL);
            for number in [0, 1, 39, 59, 63, 172] {
                // i386, 32-bit ARM, and the other of the two.
                let others = MACHINES.iter().filter(|other| **other != machine).map(|other| other.audit_arch());
                for arch in others.chain([0x4000_0003, 0x4000_0028, 0]) {
                    assert_eq!(run(&program, arch, number, [0; 6]).answer, RET_KILL_PROCESS, "{machine:?} {arch:#x}");
                }
                let x32 = run(&program, machine.audit_arch(), X32_FIRST + number, [0; 6]).answer;
                let expected =
                    if machine == Machine::X86_64 { RET_KILL_PROCESS } else { RET_ERRNO | libc::EPERM as u32 };
                assert_eq!(x32, expected, "{machine:?}");
            }
        }
    }

    #[test]
    fn the_program_is_small_and_its_search_shallow() {
        for machine in MACHINES {
            let filters = filters(machine, Layers::ALL, false);
            let (program, child) = programs(machine, Layers::ALL, false);
            assert!(program.len() < 512, "{} instructions", program.len());
            assert!(child.len() < 100, "{} instructions: every call compiles them", child.len());
            assert_eq!(filters.pid_offsets.len(), 2, "kill and tgkill");
            let plain = (0..600).filter(|number| {
                group_of(machine, *number)
                    .is_none_or(|group| matches!(group.verdict, Verdict::Allow | Verdict::Errno(_)))
            });
            let deepest = plain.map(|number| run(&program, machine.audit_arch(), number, [0; 6]).steps).max().unwrap();
            // Three to check the machine and load the number, one to answer, and a search that halves some 80 intervals; where
            // the halves are far apart a step takes two instructions.
            assert!(deepest <= 18, "{machine:?}: {deepest} steps");
        }
    }

    #[test]
    fn without_a_root_of_its_own_no_file_changes_its_mode_or_times() {
        for machine in MACHINES {
            let program = alone(machine, Layers::NO_NAMESPACES);
            for call in table::RULES_WITH_ROOT.iter().flat_map(|group| group.calls) {
                let Some(number) = call.number(machine) else { continue };
                let answer = run(&program, machine.audit_arch(), number, [0; 6]).answer;
                assert_eq!(answer, RET_ERRNO | libc::EPERM as u32, "{}", call.name);
            }
        }
    }

    #[test]
    fn the_dangerous_calls_are_absent() {
        let calls = table::rules(Layers::ALL).flat_map(|group| group.calls.iter());
        let allowed: Vec<i64> = calls.filter_map(|call| call.number(Machine::HERE)).map(i64::from).collect();
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
