//! A zygote: the jailed Python process that forks one child per call. One task owns its control socket; when the last
//! [`Zygote`] handle and the last [`Child`] are gone, the socket closes and the whole jail ends.

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream as StdUnixStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mcpbox_egress::ProxyGate;
use mcpbox_jail::JailSpec;
use rustix::pipe::PipeFlags;
use tokio::{
    net::{UnixStream, unix::pipe},
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use crate::{cgroup::Leaf, error::SandboxError};

mod child;
mod control;
mod driver;
mod launch;

pub(crate) use child::{Child, Exit};

/// How long a zygote may take until it is ready.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a fork may take.
const FORK_TIMEOUT: Duration = Duration::from_secs(10);
/// Fork requests that wait for the driver.
const REQUESTS: usize = 256;

/// A handle on a running zygote.
#[derive(Debug, Clone)]
pub(crate) struct Zygote {
    requests: mpsc::Sender<ForkRequest>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// Whom the jail's proxy serves, when it has one.
    proxy: Option<Arc<ProxyGate>>,
    dead: AtomicBool,
    forked: AtomicU64,
    started: Instant,
}

/// A child is wanted.
#[derive(Debug)]
struct ForkRequest {
    call: OwnedFd,
    output: OwnedFd,
    leaf: Option<Arc<Leaf>>,
    rehearse: bool,
    born: oneshot::Sender<Result<Born, String>>,
}

/// A child was forked.
#[derive(Debug)]
struct Born {
    pid: u32,
    pidfd: OwnedFd,
    exit: oneshot::Receiver<Exit>,
}

/// The zygote is gone, or could not fork.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForkError {
    /// The zygote ended.
    #[error("the sandbox process ended")]
    Gone,
    /// The machine has no room for another process.
    #[error("no process could be made: {0}")]
    Refused(String),
}

impl Zygote {
    /// Starts a jail and waits until its zygote is ready.
    pub(crate) async fn start(
        program: &std::path::Path,
        spec: &JailSpec,
        tasks: &TaskTracker,
    ) -> Result<Self, SandboxError> {
        let launched = launch::launch(program, spec, tasks)?;
        let (requests, incoming) = mpsc::channel(REQUESTS);
        let proxy = spec.proxy.then(Arc::<ProxyGate>::default);
        let (ready, is_ready) = oneshot::channel();
        let driver = driver::Driver::new(launched.control, incoming, ready, proxy.clone());
        let (dead, forked) = (AtomicBool::new(false), AtomicU64::new(0));
        let state = Arc::new(State { proxy, dead, forked, started: Instant::now() });
        let (guard, complaint, shared) = (launched.guard, launched.complaint, Arc::clone(&state));
        tasks.spawn(async move {
            driver.run().await;
            shared.dead.store(true, Ordering::Release);
            launch::bury(guard).await;
        });
        match tokio::time::timeout(START_TIMEOUT, is_ready).await {
            Ok(Ok(())) => Ok(Self { requests, state }),
            Ok(Err(_)) => Err(complaint.error().await),
            Err(_) => Err(SandboxError::Zygote(format!("it was not ready within {} s", START_TIMEOUT.as_secs()))),
        }
    }

    /// Whom the jail's proxy serves, when it has one.
    pub(crate) fn proxy(&self) -> Option<&Arc<ProxyGate>> {
        self.state.proxy.as_ref()
    }

    /// Whether it has ended.
    pub(crate) fn is_dead(&self) -> bool {
        self.state.dead.load(Ordering::Acquire)
    }

    /// How many children it was asked for.
    pub(crate) fn forked(&self) -> u64 {
        self.state.forked.load(Ordering::Relaxed)
    }

    /// How long it lives.
    pub(crate) fn age(&self) -> Duration {
        self.state.started.elapsed()
    }

    /// Whether both are handles on one process.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// Forks a child. It is alive on return, and tells over its channel when it is locked down.
    pub(crate) async fn fork(&self, rehearse: bool, leaf: Option<Leaf>) -> Result<Child, ForkError> {
        let refused = |error: std::io::Error| ForkError::Refused(error.to_string());
        let gone = || {
            self.state.dead.store(true, Ordering::Release);
            ForkError::Gone
        };
        self.state.forked.fetch_add(1, Ordering::Relaxed);
        let (ours, theirs) = StdUnixStream::pair().map_err(refused)?;
        ours.set_nonblocking(true).map_err(refused)?;
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(|error| refused(error.into()))?;
        let stream = UnixStream::from_std(ours).map_err(refused)?;
        let output = pipe::Receiver::from_owned_fd(reader).map_err(refused)?;
        let (born, is_born) = oneshot::channel();
        let leaf = leaf.map(Arc::new);
        let request = ForkRequest { call: theirs.into(), output: writer, leaf: leaf.clone(), rehearse, born };
        self.requests.send(request).await.map_err(|_| gone())?;
        match tokio::time::timeout(FORK_TIMEOUT, is_born).await {
            Ok(Ok(Ok(born))) => Ok(Child::new(self.clone(), stream, output, leaf, born)),
            Ok(Ok(Err(reason))) => Err(ForkError::Refused(reason)),
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(ForkError::Refused("it took too long".into())),
        }
    }
}
