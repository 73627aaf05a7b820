//! What the zygote may do beyond its children: it makes them, locks them down and hears how they end. Its own filter allows this
//! on top of the table; the small second filter of each child takes it away again.

use super::{
    numbers::*,
    table::{Group, NAMESPACE_FLAGS},
};
use crate::bpf::Verdict;

const fn allow(calls: &'static [Call], why: &'static str) -> Group {
    Group { calls, verdict: Verdict::Allow, why }
}

/// Verdicts that differ from the table's.
pub(crate) const EXTRA: &[Group] = &[
    Group {
        calls: &[SYS_clone],
        verdict: Verdict::Argument { index: 0, mask: NAMESPACE_FLAGS, allowed: &[0] },
        why: "forks the children; never into a namespace of another kind",
    },
    Group {
        calls: &[SYS_unshare],
        verdict: Verdict::Argument { index: 0, mask: u32::MAX, allowed: &[libc::CLONE_NEWNS as u32] },
        why: "a child's own mount namespace, for its own /tmp",
    },
    Group {
        calls: &[SYS_prctl],
        verdict: Verdict::Argument {
            index: 0,
            mask: u32::MAX,
            allowed: &[
                libc::PR_SET_NAME as u32,
                libc::PR_GET_NAME as u32,
                0x5356_4d41, // PR_SET_VMA
                libc::PR_SET_PDEATHSIG as u32,
                libc::PR_SET_SECCOMP as u32,
            ],
        },
        why: "a child's last steps: its end with the zygote's, and its own filter",
    },
    allow(&[SYS_recvmsg, SYS_sendmsg], "descriptors of calls come from the supervisor, those of children go there"),
    allow(&[SYS_wait4, SYS_pidfd_open], "hears how children end, and names them to the supervisor"),
    allow(&[SYS_mount, SYS_capset, SYS_landlock_restrict_self], "steps with which a child gives up what it inherited"),
    allow(&[SYS_kill, SYS_tgkill], "narrowed by each child to its own process id, which only it knows"),
];
