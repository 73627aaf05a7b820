//! The root of a program: an empty, small, read-only tmpfs in which only what it was granted is visible, and a `/tmp`.

use std::{
    fs, io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::FileType,
    mount::{MountFlags, MountPropagationFlags},
};

use super::{ProgramSpec, View, open_plain};
use crate::{
    error::{JailError, Layer},
    root::{inside, make_file, pivot, set_attributes, show_devices},
};

/// Its own scratch space, gone when it ends.
pub(super) const TMP: &str = "/tmp";

/// Builds the root and moves into it. The old root is gone afterwards.
pub(super) fn enter(spec: &ProgramSpec) -> Result<(), JailError> {
    let fail = |step: &str, error: io::Error| JailError::new(Layer::Root, step, error);
    // Nothing mounted here may travel back to the host, and nothing of the host may appear here later.
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|error| fail("make mounts private", error.into()))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount("tmpfs", &spec.root, "tmpfs", flags, Some(c"size=1m,nr_inodes=2048,mode=0755"))
        .map_err(|error| fail("mount tmpfs", error.into()))?;
    show_devices(&spec.root)?;
    scratch(spec)?;
    for view in &spec.views {
        show(spec, view)?;
    }
    for (link, text) in &spec.links {
        let path = inside(&spec.root, link);
        make_parent(&path)
            .and_then(|()| std::os::unix::fs::symlink(text, &path))
            .map_err(|error| fail("link", error))?;
    }
    pivot(&spec.root)?;
    // Not below: what it may write to is mounted there.
    set_attributes(Path::new("/"), libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID, false)
        .map_err(|error| fail("make the root read-only", error))
}

fn scratch(spec: &ProgramSpec) -> Result<(), JailError> {
    let fail = |error: io::Error| JailError::new(Layer::Root, "mount /tmp", error);
    let target = inside(&spec.root, Path::new(TMP));
    fs::create_dir_all(&target).map_err(fail)?;
    let options = format!("size={},nr_inodes=8192,mode=1777", spec.limits.tmp_bytes);
    let options = std::ffi::CString::new(options).map_err(|error| fail(error.into()))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("tmpfs", &target, "tmpfs", flags, Some(options.as_c_str())).map_err(|error| fail(error.into()))
}

/// Mounts a view by a handle on it, so that nobody can put another thing in its place between the check and the mount.
fn show(spec: &ProgramSpec, view: &View) -> Result<(), JailError> {
    let fail = |error: io::Error| JailError::new(Layer::Root, format!("mount {}", view.source.display()), error);
    let source = open_plain(&view.source)?;
    let kind = rustix::fs::fstat(&source).map_err(|error| fail(error.into()))?.st_mode;
    let target = inside(&spec.root, &view.target);
    let is_there = match FileType::from_raw_mode(kind) {
        FileType::Directory => fs::create_dir_all(&target),
        FileType::RegularFile if target.exists() => Ok(()),
        FileType::RegularFile => make_file(&target),
        _ => Err(io::Error::other("it is neither a file nor a directory")),
    };
    is_there.map_err(fail)?;
    let handle = PathBuf::from(format!("/proc/self/fd/{}", source.as_raw_fd()));
    rustix::mount::mount_bind_recursive(&handle, &target).map_err(|error| fail(error.into()))?;
    let access = if view.may_write { libc::MOUNT_ATTR_NOEXEC } else { libc::MOUNT_ATTR_RDONLY };
    set_attributes(&target, access | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, true).map_err(fail)
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}
