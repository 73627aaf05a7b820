//! What another's program may do beyond a tool: be started, which a tool never sees, and ask who it is.

use super::{
    DENIED, Machine,
    numbers::*,
    program, proxy,
    table::{self, Group, allow},
    verdicts,
};
use crate::{
    bpf::Instruction,
    error::{JailError, Layer},
    layers::Layers,
};

/// Besides the table.
const EXTRA: &[Group] = &[
    allow(
        &[SYS_execve],
        "the program is executed behind its filter, often by way of its interpreter; which files can be is Landlock's doing, and no right is gained",
    ),
    allow(&[SYS_arch_prctl], "where the C library keeps the variables of a thread, set at every start of a program"),
    allow(
        &[SYS_capget, SYS_getgroups, SYS_getpgid, SYS_getpgrp, SYS_getsid, SYS_getpriority],
        "facts about the process that JavaScript engines ask for at their start",
    ),
];

/// The filter of another's program: the table, and what it takes to be started and to be many threads. As this process will
/// execute it, its own process id stands in already. With a proxy there is outgoing TCP besides.
pub(crate) fn filter(machine: Machine, layers: Layers, has_proxy: bool) -> Vec<u8> {
    let proxy = if has_proxy { proxy::RULES } else { &[] };
    let all = verdicts(machine, table::rules(layers).chain(EXTRA).chain(proxy));
    let own = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned();
    let filled =
        program(machine, &all, DENIED).into_iter().map(|i| if i.is_pid_test() { i.with_value(own) } else { i });
    filled.flat_map(Instruction::to_bytes).collect()
}

/// Puts this process behind a filter for good.
#[expect(unsafe_code, reason = "no safe wrapper for seccomp")]
pub(crate) fn enter(filter: &[u8]) -> Result<(), JailError> {
    let instructions: Vec<[u8; 8]> = filter.as_chunks::<8>().0.to_vec();
    let length = libc::c_ushort::try_from(instructions.len()).unwrap_or(0);
    let program = libc::sock_fprog { len: length, filter: instructions.as_ptr().cast_mut().cast() };
    // SAFETY: the kernel only reads the program, of `len` instructions of eight bytes each, and copies it.
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0_u32, &raw const program) };
    if answer == 0 {
        return Ok(());
    }
    Err(JailError::new(Layer::Seccomp, "SECCOMP_SET_MODE_FILTER", std::io::Error::last_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::{RET_ALLOW, interpreter::run};

    #[test]
    fn a_program_makes_no_process_and_no_socket_that_leads_anywhere() {
        for machine in [Machine::X86_64, Machine::Aarch64] {
            let mut all = verdicts(machine, table::rules(Layers::ALL));
            all.extend(verdicts(machine, EXTRA.iter()));
            let filter = program(machine, &all, DENIED);
            let ask = |call: Call, first: u64| {
                call.number(machine).is_some_and(|number| {
                    run(&filter, machine.audit_arch(), number, [first, 0, 0, 0, 0, 0]).answer == RET_ALLOW
                })
            };
            assert!(ask(SYS_execve, 1) && ask(SYS_read, 0) && ask(SYS_clone, 0x3d_0f00), "{machine:?}");
            for forbidden in [SYS_socket, SYS_connect, SYS_sendmsg, SYS_unshare, SYS_mount, SYS_wait4, SYS_pidfd_open] {
                assert!(!ask(forbidden, 0) && !ask(forbidden, 2), "{machine:?} {}", forbidden.name);
            }
            // fork, and vfork, as libc spells them.
            assert!(!ask(SYS_clone, 0x120_0011) && !ask(SYS_clone, 0x4111), "{machine:?}");
            assert!(EXTRA.iter().all(|group| group.why.len() > 20), "a rule without a reason");
        }
    }
}
