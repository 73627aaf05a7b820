//! What a jail with a proxy allows besides: outgoing TCP, and not a call more. That it leads to the proxy alone is Landlock's
//! and the network namespace's doing.

use super::{
    numbers::*,
    table::{Group, allow},
};
use crate::bpf::{Test, Verdict};

/// Only where the one thing that listens in the jail's network is the supervisor's proxy. No call here binds, listens or accepts.
pub(crate) const RULES: &[Group] = &[
    Group {
        calls: &[SYS_socket],
        verdict: Verdict::Arguments(&[
            Test { index: 0, mask: u32::MAX, allowed: &[libc::AF_INET as u32] },
            Test { index: 1, mask: !SOCKET_FLAGS, allowed: &[libc::SOCK_STREAM as u32] },
            Test { index: 2, mask: u32::MAX, allowed: &[0, libc::IPPROTO_TCP as u32] },
        ]),
        why: "the way to the proxy; TCP alone, so no datagram, no raw packet, and no protocol at which Landlock does not look",
    },
    allow(
        &[SYS_connect],
        "the way to the proxy; its port is the only one Landlock allows, and the network has no other device and no other listener",
    ),
    Group {
        calls: &[SYS_setsockopt],
        verdict: Verdict::Pair { index: 1, allowed: OPTIONS },
        why: "what HTTP libraries set on every connection, and Node.js fails without: no delay, keep-alive probes and how often, and the mark of a packet",
    },
    allow(
        &[SYS_getsockname, SYS_getpeername],
        "what asyncio notes of a connection: addresses of the jail's own network",
    ),
    allow(
        &[SYS_sendmsg],
        "asyncio from Python 3.12 on writes so; it can pass descriptors, but only to the supervisor, which takes none, and name          addresses, but only in the jail's own network",
    ),
];

/// Levels and names of a connection's options.
const OPTIONS: &[(u32, u32)] = &[
    (libc::IPPROTO_TCP as u32, libc::TCP_NODELAY as u32),
    (libc::IPPROTO_TCP as u32, libc::TCP_KEEPIDLE as u32),
    (libc::IPPROTO_TCP as u32, libc::TCP_KEEPINTVL as u32),
    (libc::IPPROTO_TCP as u32, libc::TCP_KEEPCNT as u32),
    (libc::SOL_SOCKET as u32, libc::SO_KEEPALIVE as u32),
    (libc::IPPROTO_IP as u32, libc::IP_TOS as u32),
];

/// Flags beside a socket's type.
const SOCKET_FLAGS: u32 = (libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK) as u32;

#[cfg(test)]
mod tests {
    use super::{
        super::{Machine, programs},
        *,
    };
    use crate::{
        bpf::{Instruction, RET_ALLOW, RET_ERRNO, interpreter::run},
        layers::Layers,
    };

    const MACHINES: [Machine; 2] = [Machine::X86_64, Machine::Aarch64];

    #[test]
    fn with_a_proxy_only_outgoing_tcp_is_added() {
        let inet = libc::AF_INET as u64;
        let stream = (libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK) as u64;
        let (local, inet6) = (libc::AF_UNIX as u64, libc::AF_INET6 as u64);
        let (datagram, raw) = (libc::SOCK_DGRAM as u64, libc::SOCK_RAW as u64);
        let rows: [(&str, [u64; 3], bool); 23] = [
            ("SYS_socket", [inet, stream, 0], true),
            ("SYS_socket", [inet, 1, 6], true),
            ("SYS_socket", [inet, datagram, 0], false),
            ("SYS_socket", [inet, raw, 1], false),
            ("SYS_socket", [inet, 1, 262], false), // MPTCP, at which Landlock does not look
            ("SYS_socket", [inet, 1, 132], false), // SCTP
            ("SYS_socket", [inet6, 1, 0], false),
            ("SYS_socket", [local, 1, 0], false),
            ("SYS_socket", [inet | 1 << 32, 1, 0], false),
            ("SYS_socket", [inet, 1 | 1 << 32, 0], false),
            ("SYS_connect", [5, 0, 0], true),
            ("SYS_setsockopt", [5, 6, 1], true),
            ("SYS_setsockopt", [5, 1, 9], true),
            ("SYS_setsockopt", [5, 6, 4], true),   // TCP_KEEPIDLE
            ("SYS_setsockopt", [5, 6, 6], true),   // TCP_KEEPCNT
            ("SYS_setsockopt", [5, 1, 15], false), // SO_REUSEPORT
            ("SYS_setsockopt", [5, 1, 25], false), // SO_BINDTODEVICE
            ("SYS_setsockopt", [5, 0, 1], true),   // IP_TOS
            ("SYS_setsockopt", [5, 0, 4], false),  // IP_OPTIONS
            ("SYS_setsockopt", [5, 1, 1], false),  // SO_DEBUG
            ("SYS_setsockopt", [5, 1, 6], false),  // SO_BROADCAST
            ("SYS_setsockopt", [5, 6, 31], false), // TCP_ULP
            ("SYS_getsockname", [5, 0, 0], true),
        ];
        for machine in MACHINES {
            let (with, without) = (programs(machine, Layers::ALL, true), programs(machine, Layers::ALL, false));
            // The kernel asks both filters, and the stricter one counts.
            let ask = |both: &(Vec<Instruction>, Vec<Instruction>), number, arguments| {
                let ask = |program: &[Instruction]| run(program, machine.audit_arch(), number, arguments).answer;
                // Read as signed numbers, the kernel takes the smallest.
                ask(&both.0).cast_signed().min(ask(&both.1).cast_signed()).cast_unsigned()
            };
            let calls: Vec<_> = RULES.iter().flat_map(|group| group.calls).collect();
            for (name, [a, b, c], is_allowed) in rows {
                let number = calls.iter().find(|call| call.name == name).unwrap().number(machine).unwrap();
                let arguments = [a, b, c, 0, 0, 0];
                assert_eq!(ask(&with, number, arguments) == RET_ALLOW, is_allowed, "{machine:?} {name} {a} {b} {c}");
                assert_eq!(ask(&without, number, arguments), RET_ERRNO | libc::EPERM as u32, "{machine:?} {name}");
            }
            let added: std::collections::HashSet<u32> = calls.iter().filter_map(|call| call.number(machine)).collect();
            for number in (0..2048).filter(|number| !added.contains(number)) {
                for arguments in [[0; 6], [1; 6], [2; 6], [u64::MAX; 6]] {
                    assert_eq!(ask(&with, number, arguments), ask(&without, number, arguments), "{machine:?} {number}");
                }
            }
            assert!(with.0.len() < 640, "{} instructions", with.0.len()); // the kernel takes 4096
        }
    }
}
