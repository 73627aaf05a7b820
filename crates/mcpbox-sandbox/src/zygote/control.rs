//! The control socket: small packets with descriptors, to and from the zygote.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{BorrowedFd, OwnedFd},
};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType,
};

/// Largest packet from the zygote.
const PACKET_MAX: usize = 1024;

/// A packet from the zygote.
#[derive(Debug)]
pub(super) enum Packet {
    /// The listening socket of the jail's proxy.
    Proxy(OwnedFd),
    /// It is ready to fork.
    Ready,
    /// It forked a child.
    Forked { pid: u32, pidfd: OwnedFd },
    /// It could not fork.
    Refused(String),
    /// A child ended.
    Ended { pid: u32, status: i32, cpu_us: u64, peak_kb: u64 },
}

/// A pair of control sockets: ours (non-blocking), the zygote's.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) =
        rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}

/// Most descriptors of a fork request: call socket, output pipe, and a control group of each hierarchy.
const FDS_MAX: usize = 4;

/// Asks for a child with these descriptors: call socket, output pipe, control groups to enter.
pub(super) fn send_fork(control: BorrowedFd<'_>, fds: &[BorrowedFd<'_>], rehearse: bool) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("too many descriptors for a fork request"));
    }
    let message: &[u8] = if rehearse { b"F1" } else { b"F0" };
    rustix::net::sendmsg(control, &[IoSlice::new(message)], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes one packet; `None` when the zygote closed the socket.
pub(super) fn receive(control: BorrowedFd<'_>) -> io::Result<Option<Packet>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut buffer = [0_u8; PACKET_MAX];
    let received =
        rustix::net::recvmsg(control, &mut [IoSliceMut::new(&mut buffer)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let fd = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    let bytes = buffer.get(..received.bytes).unwrap_or_default();
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(bytes);
    parse(&text, fd)
        .map(Some)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "unknown packet from the zygote"))
}

fn parse(text: &str, fd: Option<OwnedFd>) -> Option<Packet> {
    let mut words = text.split(' ');
    match words.next()? {
        "L" => Some(Packet::Proxy(fd?)),
        "R" => Some(Packet::Ready),
        "P" => Some(Packet::Forked { pid: words.next()?.parse().ok()?, pidfd: fd? }),
        "E" => Some(Packet::Refused(text.trim_start_matches("E ").to_owned())),
        "X" => Some(Packet::Ended {
            pid: words.next()?.parse().ok()?,
            status: words.next()?.parse().ok()?,
            cpu_us: words.next()?.parse().ok()?,
            peak_kb: words.next()?.parse().ok()?,
        }),
        _ => None,
    }
}
