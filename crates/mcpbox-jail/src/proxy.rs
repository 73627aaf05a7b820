//! The door for packages and programs that speak HTTP by themselves: a socket that listens on the loopback device of the jail's own network
//! namespace. The supervisor serves it; here it is only made and handed over. Nothing else is in that network.

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use rustix::net::{AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType};

use crate::{
    error::{JailError, Layer},
    layers::Layers,
    spec::JailSpec,
};

/// The one TCP port that a call of such a jail may connect to.
pub const PROXY_PORT: u16 = 3128;

/// The message on the control socket that carries the listening socket.
pub const PROXY_MESSAGE: &[u8] = b"L";

/// Connections that wait to be taken.
const BACKLOG: i32 = 128;

/// Makes the socket and sends it through the control socket, when the spec wants one. Called with the capabilities of the
/// network namespace, before they are given up.
pub(crate) fn open(spec: &JailSpec, control: BorrowedFd<'_>) -> Result<(), JailError> {
    if !spec.proxy {
        return Ok(());
    }
    let listener = listen(spec.layers)?;
    hand_over(control, &[listener.as_fd()])
}

/// The same for another's program, whose standard input and error are its own already: the control socket stands in the place of its
/// standard output. The socket goes out with the end of a pipe that takes that place, and the control socket closes.
pub(crate) fn open_for_program(layers: Layers) -> Result<(), JailError> {
    let fail = |error: rustix::io::Errno| JailError::new(Layer::Namespaces, "make its standard output", error.into());
    let listener = listen(layers)?;
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(fail)?;
    hand_over(rustix::stdio::stdout(), &[listener.as_fd(), read.as_fd()])?;
    rustix::stdio::dup2_stdout(&write).map_err(fail)
}

fn listen(layers: Layers) -> Result<OwnedFd, JailError> {
    if layers.namespaces {
        return listen_inside().map_err(|error| JailError::new(Layer::Namespaces, "open the proxy", error));
    }
    Err(JailError {
        layer: Layer::Namespaces,
        step: "open the proxy".into(),
        reason: "it would stand in the network of the host".into(),
        fix: "What speaks HTTP by itself needs tier 1; 'mcpbox doctor' says what is missing for it".into(),
    })
}

fn listen_inside() -> io::Result<OwnedFd> {
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    bring_loopback_up(&socket)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, PROXY_PORT))?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// The new network namespace has a loopback device, but it is down.
#[expect(unsafe_code, reason = "no safe wrapper for SIOCSIFFLAGS")]
fn bring_loopback_up(socket: &OwnedFd) -> io::Result<()> {
    // SAFETY: all bytes zero is a valid value of this plain structure.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the pointer is to a whole `ifreq`, which the kernel only reads.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn hand_over(control: BorrowedFd<'_>, fds: &[BorrowedFd<'_>]) -> Result<(), JailError> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(fds));
    rustix::net::sendmsg(control, &[IoSlice::new(PROXY_MESSAGE)], &mut ancillary, SendFlags::NOSIGNAL)
        .map(drop)
        .map_err(|error| JailError::new(Layer::Namespaces, "hand the proxy over", error.into()))
}
