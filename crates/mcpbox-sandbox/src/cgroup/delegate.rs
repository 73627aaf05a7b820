//! Version 2: a group may either hold processes or pass controllers on, so the supervisor first moves out of the way.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use mcpbox_jail::JailError;

use super::find::{CONTROLLERS, none, unusable};

/// Where the supervisor, and whatever was beside it, moves.
const SUPERVISOR: &str = "mcpbox-supervisor";
/// Processes may be born while others are moved.
const ROUNDS: usize = 16;

/// A new group `name` beside the supervisor, whose own groups can be limited.
pub(super) fn group(own: &Path, name: &str) -> Result<PathBuf, JailError> {
    // Another sandbox of this process has moved us already.
    let top = match own.parent() {
        Some(parent) if own.file_name().is_some_and(|name| name == SUPERVISOR) => parent,
        _ => own,
    };
    if !is_ours(top) {
        return Err(none(&format!("{} belongs to the service manager", top.display())));
    }
    make(top, name, &CONTROLLERS).map_err(|error| unusable(top, error))
}

pub(super) fn make(top: &Path, name: &str, controllers: &[&str]) -> io::Result<PathBuf> {
    match pass_on(top, controllers) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::BUSY.raw_os_error()) => {
            step_aside(top)?;
            pass_on(top, controllers)?;
        }
        other => other?,
    }
    let group = top.join(name);
    fs::create_dir(&group)?;
    pass_on(&group, controllers)?;
    Ok(group)
}

/// Whether it was given to us: by ownership, by the service manager's mark, or because it is all there is, as in a container.
pub(super) fn is_ours(group: &Path) -> bool {
    let me = rustix::process::geteuid();
    let is_owner = fs::metadata(group).is_ok_and(|meta| meta.uid() == me.as_raw());
    let is_marked = ["trusted.delegate", "user.delegate"].iter().any(|mark| {
        let mut value = [0_u8; 8];
        rustix::fs::getxattr(group, *mark, &mut value).is_ok_and(|length| value.get(..length) == Some(b"1"))
    });
    let is_all = !group.parent().is_some_and(|parent| parent.join("cgroup.procs").exists());
    is_owner && (is_marked || is_all || !me.is_root())
}

/// Lets the groups below be limited.
fn pass_on(group: &Path, controllers: &[&str]) -> io::Result<()> {
    let words: Vec<String> = controllers.iter().map(|name| format!("+{name}")).collect();
    fs::write(group.join("cgroup.subtree_control"), words.join(" "))
}

/// Moves all processes of `top` into a group below.
fn step_aside(top: &Path) -> io::Result<()> {
    let aside = top.join(SUPERVISOR);
    match fs::create_dir(&aside) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for _ in 0..ROUNDS {
        let processes = fs::read_to_string(top.join("cgroup.procs"))?;
        if processes.trim().is_empty() {
            return Ok(());
        }
        for pid in processes.lines() {
            match fs::write(aside.join("cgroup.procs"), pid) {
                // It has ended.
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {}
                other => other?,
            }
        }
    }
    Err(io::Error::other("processes keep appearing in it"))
}
