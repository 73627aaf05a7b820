//! A child: one locked-down process for one call. Dropping it kills it, whatever it is doing: that is cancellation.

use std::{os::fd::OwnedFd, sync::Arc, time::Duration};

use mcpbox_egress::ProxyGate;
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    process::Signal,
};
use tokio::{
    net::{UnixStream, unix::pipe},
    sync::oneshot,
};

use super::{Born, Zygote};
use crate::cgroup::Leaf;

/// How long the zygote may take to report an end.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// How a child ended, as the zygote saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit {
    /// As from `wait`.
    pub(crate) status: i32,
    pub(crate) cpu_us: u64,
    pub(crate) peak_bytes: u64,
    /// The kernel ended it because its control group had no memory left.
    pub(crate) ran_out_of_memory: bool,
}

impl Exit {
    /// The signal that ended it, if one did.
    pub(crate) fn signal(self) -> Option<i32> {
        let number = self.status & 0x7f;
        (number != 0).then_some(number)
    }

    /// The exit code, if it exited.
    pub(crate) fn code(self) -> Option<i32> {
        (self.status & 0x7f == 0).then_some((self.status >> 8) & 0xff)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) stream: UnixStream,
    pub(crate) output: pipe::Receiver,
    /// Whether it has said that it is locked down.
    pub(crate) is_locked: bool,
    leaf: Option<Arc<Leaf>>,
    /// As its zygote sees it.
    pid: u32,
    pidfd: OwnedFd,
    exit: oneshot::Receiver<Exit>,
    /// Keeps the zygote's jail open as long as the child lives.
    zygote: Zygote,
}

impl Child {
    pub(super) fn new(
        zygote: Zygote,
        stream: UnixStream,
        output: pipe::Receiver,
        leaf: Option<Arc<Leaf>>,
        born: Born,
    ) -> Self {
        Self { stream, output, is_locked: false, leaf, pid: born.pid, pidfd: born.pidfd, exit: born.exit, zygote }
    }

    /// Holds it to what a call that may allocate `memory_bytes` may need in all.
    pub(crate) fn limit_memory(&self, memory_bytes: u64) {
        if let Some(leaf) = &self.leaf {
            leaf.limit_memory(memory_bytes);
        }
    }

    /// Its process id, in the jail's own counting.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whom the proxy of its jail serves, when it has one.
    pub(crate) fn proxy(&self) -> Option<&Arc<ProxyGate>> {
        self.zygote.proxy()
    }

    /// Whether it can still be used: its zygote lives.
    pub(crate) fn is_usable(&self) -> bool {
        !self.zygote.is_dead()
    }

    /// Whether it has ended. It goes with its zygote, and that may not have been heard of yet.
    pub(crate) fn has_ended(&self) -> bool {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], Some(&at_once)) != Ok(0)
    }

    /// Kills it; nothing happens when it has already ended.
    pub(crate) fn kill(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
    }

    /// Kills it and waits for how it ended; `None` when its zygote is gone too.
    pub(crate) async fn end(&mut self) -> Option<Exit> {
        self.kill();
        let mut exit = tokio::time::timeout(EXIT_TIMEOUT, &mut self.exit).await.ok()?.ok()?;
        exit.ran_out_of_memory = self.leaf.as_ref().is_some_and(|leaf| leaf.ran_out_of_memory());
        Some(exit)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}
