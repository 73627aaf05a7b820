//! Who the process is: namespaces, user and group, capabilities.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
};

use rustix::{
    fs::{Mode, OFlags},
    process::{DumpableBehavior, Gid, Uid},
    thread::{CapabilitySet, CapabilitySets, UnshareFlags},
};

use crate::{
    error::{JailError, Layer},
    layers::Layers,
};

/// The user and group of the jail's processes as the host sees them when the supervisor is root: no account has it, so
/// nothing on the host belongs to it.
const JAIL_ID: u32 = 64_207;
/// The user and group as the jail sees itself.
const INNER_ID: u32 = 65_534;

/// Who a program in the jail is on the host: whom what it may write to must belong to. None when that is this process's own user.
pub fn program_owner() -> Option<u32> {
    let is_other = rustix::process::geteuid().is_root() && effective().is_ok_and(|held| held.contains(TO_BE_ANOTHER));
    is_other.then_some(JAIL_ID)
}

/// What it takes to make namespaces as root and to become somebody else.
const TO_BE_ANOTHER: CapabilitySet =
    CapabilitySet::SYS_ADMIN.union(CapabilitySet::SETUID).union(CapabilitySet::SETGID).union(CapabilitySet::KILL);

/// With what right the namespaces were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// Root with what it takes to make namespaces and to become somebody else.
    Root,
    /// An ordinary user (or root with too few capabilities): a user namespace came first.
    User,
    /// An ordinary user who stays in the host's namespaces.
    None,
}

/// Namespaces that do not need a user namespace when root makes them.
fn system_namespaces(layers: Layers) -> UnshareFlags {
    let mut flags = UnshareFlags::empty();
    if layers.namespaces {
        // pid: no other process in sight, all die with the zygote. net: no device, not even a loopback that is up. ipc: no shared
        // memory of others. uts, cgroup: no host name, no cgroup paths.
        flags |= UnshareFlags::NEWPID
            | UnshareFlags::NEWNET
            | UnshareFlags::NEWIPC
            | UnshareFlags::NEWUTS
            | UnshareFlags::NEWCGROUP;
    }
    if layers.root {
        // mount: no host file in sight.
        flags |= UnshareFlags::NEWNS;
    }
    flags
}

/// Leaves the host's namespaces. The pid namespace takes effect with the next fork.
pub(crate) fn leave_host(layers: Layers) -> Result<Privilege, JailError> {
    let flags = system_namespaces(layers);
    if effective()?.contains(TO_BE_ANOTHER) && rustix::process::geteuid().is_root() {
        if !flags.is_empty() {
            unshare(flags, "unshare")?;
        }
        hide_host_name(layers)?;
        return Ok(Privilege::Root);
    }
    if flags.is_empty() {
        return stay(layers);
    }
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    unshare(UnshareFlags::NEWUSER | flags, "unshare")?;
    map_ids(&proc_self()?, uid, gid)?;
    hide_host_name(layers)?;
    Ok(Privilege::User)
}

/// Only the user namespace that made the uts namespace may name it: not the one that a jail of root enters later.
fn hide_host_name(layers: Layers) -> Result<(), JailError> {
    if !layers.namespaces {
        return Ok(());
    }
    rustix::system::sethostname(b"tool").map_err(|error| JailError::new(Layer::Namespaces, "sethostname", error.into()))
}

/// In the host's namespaces an ordinary user stays who he is. Root must not.
fn stay(layers: Layers) -> Result<Privilege, JailError> {
    if !rustix::process::geteuid().is_root() || !layers.capabilities {
        return Ok(Privilege::None);
    }
    if effective()?.contains(CapabilitySet::SETUID | CapabilitySet::SETGID) {
        return Ok(Privilege::Root);
    }
    let reason = io::Error::from_raw_os_error(libc::EPERM);
    Err(JailError::new(Layer::Capabilities, "become a user other than root", reason))
}

fn effective() -> Result<CapabilitySet, JailError> {
    rustix::thread::capabilities(None)
        .map(|sets| sets.effective)
        .map_err(|error| JailError::new(Layer::Capabilities, "capget", error.into()))
}

/// A handle on this process in /proc that stays usable after the old root is gone.
pub(crate) fn proc_self() -> Result<OwnedFd, JailError> {
    rustix::fs::open("/proc/self", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| JailError::new(Layer::Namespaces, "open /proc/self", error.into()))
}

/// Root only: becomes a user without any right on the host and enters a user namespace on top, so that no capability held
/// later counts outside and RLIMIT_NPROC counts this jail alone.
pub(crate) fn become_nobody(proc_self: &OwnedFd, layers: Layers) -> Result<(), JailError> {
    let fail =
        |step: &'static str| move |error: rustix::io::Errno| JailError::new(Layer::Capabilities, step, error.into());
    let (uid, gid) = (Uid::from_raw(JAIL_ID), Gid::from_raw(JAIL_ID));
    rustix::thread::set_thread_groups(&[]).map_err(fail("setgroups"))?;
    rustix::thread::set_thread_res_gid(gid, gid, gid).map_err(fail("setresgid"))?;
    rustix::thread::set_thread_res_uid(uid, uid, uid).map_err(fail("setresuid"))?;
    if system_namespaces(layers).is_empty() {
        return Ok(());
    }
    // Changing user made /proc/self root's; the id maps below are written through it.
    rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(fail("PR_SET_DUMPABLE"))?;
    unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS, "unshare user namespace")?;
    map_ids(proc_self, JAIL_ID, JAIL_ID)
}

/// Keeps in the zygote at most the one capability with which it gives each call a /tmp of its own, valid only in its own
/// user namespace; children give it up before they meet tool code.
pub(crate) fn keep_only_mount_capability(is_needed: bool) -> Result<(), JailError> {
    let fail =
        |step: &'static str| move |error: rustix::io::Errno| JailError::new(Layer::Capabilities, step, error.into());
    let kept = if is_needed { CapabilitySet::SYS_ADMIN } else { CapabilitySet::empty() };
    // Without this capability the bounding set is beyond reach; then nothing is held that it could bound.
    if effective()?.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().difference(kept).iter() {
            match rustix::thread::remove_capability_from_bounding_set(capability) {
                Ok(()) | Err(rustix::io::Errno::INVAL) => {} // unknown to this kernel
                Err(error) => return Err(fail("PR_CAPBSET_DROP")(error)),
            }
        }
    }
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: kept };
    rustix::thread::set_capabilities(None, sets).map_err(fail("capset"))?;
    rustix::thread::clear_ambient_capability_set().map_err(fail("PR_CAP_AMBIENT"))?;
    if kept.is_empty() {
        return Ok(());
    }
    rustix::thread::configure_capability_in_ambient_set(kept, true).map_err(fail("PR_CAP_AMBIENT"))
}

#[expect(unsafe_code, reason = "rustix marks unshare unsafe because of CLONE_FILES")]
fn unshare(flags: UnshareFlags, step: &'static str) -> Result<(), JailError> {
    // SAFETY: the flags never contain CLONE_FILES, so no descriptor changes its meaning for anybody.
    unsafe { rustix::thread::unshare_unsafe(flags) }
        .map_err(|error| JailError::new(Layer::Namespaces, step, error.into()))
}

fn map_ids(proc_self: &OwnedFd, uid: u32, gid: u32) -> Result<(), JailError> {
    let write = |name: &'static str, text: String| {
        write_at(proc_self, name, &text)
            .map_err(|error| JailError::new(Layer::Namespaces, format!("write {name}"), error))
    };
    write("setgroups", "deny".into())?;
    write("uid_map", format!("{INNER_ID} {uid} 1"))?;
    write("gid_map", format!("{INNER_ID} {gid} 1"))
}

fn write_at(directory: &OwnedFd, name: &str, text: &str) -> io::Result<()> {
    let fd = rustix::fs::openat(directory.as_fd(), name, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    File::from(fd).write_all(text.as_bytes())
}
