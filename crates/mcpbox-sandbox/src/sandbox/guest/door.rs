//! How the jail of a program hands over the socket of its proxy: through a control socket in the place of its standard output, before
//! the program exists. The socket lies in the program's network, the pipe that comes with it is its standard output from then on.

use std::{
    io::{self, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream as StdUnixStream,
    },
    time::Duration,
};

use mcpbox_jail::{JailError, PROXY_MESSAGE};
use rustix::net::{AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SocketFlags, SocketType};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, Interest},
    net::UnixStream,
    time::timeout,
};

/// Time to make the network and to hand it over.
const TAKEN: Duration = Duration::from_secs(10);
/// Time to say why it could not, and how much of that is read.
const LAST_WORDS: Duration = Duration::from_secs(2);
const WORDS_MAX: u64 = 16 << 10;

/// What the jail hands over.
pub(super) struct Handed {
    /// Listens in the network of the program.
    pub(super) listener: OwnedFd,
    /// The end to read from of the program's standard output.
    pub(super) output: OwnedFd,
}

/// A pair of control sockets: ours (non-blocking), the jail's.
pub(super) fn pair() -> Result<(OwnedFd, OwnedFd), String> {
    let made = rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .and_then(|(ours, theirs)| rustix::io::ioctl_fionbio(&ours, true).map(|()| (ours, theirs)));
    made.map_err(|error| format!("its jail cannot be spoken to: {error}"))
}

/// Waits for what the jail hands over.
///
/// # Errors
/// A sentence: the jail could not be made, and why.
pub(super) async fn taken(control: OwnedFd, errors: &mut (impl AsyncRead + Unpin)) -> Result<Handed, String> {
    let fail = |error: io::Error| format!("the proxy of its jail cannot be taken over: {error}");
    let control = UnixStream::from_std(StdUnixStream::from(control)).map_err(fail)?;
    let received = timeout(TAKEN, control.async_io(Interest::READABLE, || receive(control.as_fd()))).await;
    match received.map_err(|_| "its jail did not open a proxy in time".to_owned())?.map_err(fail)? {
        Some(handed) => Ok(handed),
        None => Err(why(errors).await),
    }
}

/// None when the jail ended instead.
fn receive(control: BorrowedFd<'_>) -> io::Result<Option<Handed>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut message = [0; PROXY_MESSAGE.len()];
    let mut parts = [IoSliceMut::new(&mut message)];
    let received = rustix::net::recvmsg(control, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = ancillary.drain().flat_map(|part| match part {
        RecvAncillaryMessage::ScmRights(fds) => fds.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    let (listener, output) = (fds.next(), fds.next());
    match (listener, output) {
        (Some(listener), Some(output)) if message == PROXY_MESSAGE => Ok(Some(Handed { listener, output })),
        _ if received.bytes == 0 => Ok(None),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Why the jail could not be made, as it said on its standard error.
async fn why(errors: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    let _ = timeout(LAST_WORDS, errors.take(WORDS_MAX).read_to_string(&mut text)).await;
    match text.lines().find_map(|line| serde_json::from_str::<JailError>(line).ok()) {
        Some(error) => format!("its jail cannot be made: {error}"),
        None => format!("its jail ended before it began: {}", text.trim()),
    }
}
