//! The task that owns a zygote's control socket: passes fork requests in, hands children and their ends out.

use std::{
    collections::{HashMap, VecDeque},
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use mcpbox_egress::ProxyGate;
use tokio::{
    io::Interest,
    net::{TcpListener, UnixStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use super::{
    Born, Exit, ForkRequest,
    control::{self, Packet},
};

/// See the module.
pub(super) struct Driver {
    /// A packet socket in the clothes of a stream socket: only its readiness is used.
    control: UnixStream,
    incoming: mpsc::Receiver<ForkRequest>,
    ready: Option<oneshot::Sender<()>>,
    /// Whom the jail's proxy serves, when it has one.
    gate: Option<Arc<ProxyGate>>,
    /// The proxy; ends with the zygote.
    proxy: JoinSet<()>,
    /// A request that the socket had no room for.
    unsent: Option<ForkRequest>,
    /// Sent and not yet answered, in order.
    asked: VecDeque<oneshot::Sender<Result<Born, String>>>,
    /// Children that live.
    living: HashMap<u32, oneshot::Sender<Exit>>,
}

impl Driver {
    pub(super) fn new(
        control: UnixStream,
        incoming: mpsc::Receiver<ForkRequest>,
        ready: oneshot::Sender<()>,
        gate: Option<Arc<ProxyGate>>,
    ) -> Self {
        let proxy = JoinSet::new();
        let (asked, living) = (VecDeque::new(), HashMap::new());
        Self { control, incoming, ready: Some(ready), gate, proxy, unsent: None, asked, living }
    }

    /// Runs until the zygote ends or nobody holds a handle any more.
    pub(super) async fn run(mut self) {
        loop {
            tokio::select! {
                request = self.incoming.recv(), if self.unsent.is_none() => match request {
                    Some(request) => self.unsent = Some(request),
                    None => return,
                },
                writable = self.control.writable(), if self.unsent.is_some() => match writable {
                    Ok(()) => {}
                    Err(_) => return,
                },
                readable = self.control.readable() => {
                    if readable.is_err() {
                        return;
                    }
                    match self.control.try_io(Interest::READABLE, || control::receive(self.control.as_fd())) {
                        Ok(Some(packet)) => self.take(packet),
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Ok(None) | Err(_) => return,
                    }
                }
            }
            if self.send().is_err() {
                return;
            }
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let Some(request) = self.unsent.take() else { return Ok(()) };
        let sent = self.control.try_io(Interest::WRITABLE, || {
            let doors = request.leaf.iter().flat_map(|leaf| leaf.doors());
            let fds = [request.call.as_fd(), request.output.as_fd()].into_iter().chain(doors);
            control::send_fork(self.control.as_fd(), &fds.collect::<Vec<_>>(), request.rehearse)
        });
        match sent {
            Ok(()) => {
                self.asked.push_back(request.born);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.unsent = Some(request);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, packet: Packet) {
        match packet {
            // Sent by the jail before it becomes Python; there is one, and only where one was asked for.
            Packet::Proxy(listener) => {
                if let Some(gate) = self.gate.take() {
                    match listening(listener) {
                        Ok(listener) => drop(self.proxy.spawn(gate.serve(listener))),
                        Err(error) => tracing::error!(%error, "the proxy of a jail cannot be served"),
                    }
                }
            }
            Packet::Ready => {
                if let Some(ready) = self.ready.take() {
                    let _ = ready.send(());
                }
            }
            Packet::Forked { pid, pidfd } => {
                let (ended, exit) = oneshot::channel();
                self.living.insert(pid, ended);
                if let Some(born) = self.asked.pop_front() {
                    // Nobody waiting any more: the descriptors close and the child ends by itself.
                    let _ = born.send(Ok(Born { pid, pidfd, exit }));
                }
            }
            Packet::Refused(reason) => {
                if let Some(born) = self.asked.pop_front() {
                    let _ = born.send(Err(reason));
                }
            }
            Packet::Ended { pid, status, cpu_us, peak_kb } => {
                if let Some(ended) = self.living.remove(&pid) {
                    let _ = ended.send(Exit {
                        status,
                        cpu_us,
                        peak_bytes: peak_kb.saturating_mul(1024),
                        ran_out_of_memory: false,
                    });
                }
            }
        }
    }
}

fn listening(socket: OwnedFd) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
