//! The jail's own root: an empty, small, read-only tmpfs in which only the runtime is visible. Stops every read of host
//! files (/etc, /home, /proc, sockets) and every write outside the call's own /tmp.

use std::{
    ffi::CString,
    fs, io,
    os::{
        fd::{AsRawFd, BorrowedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use crate::{
    error::{JailError, Layer},
    spec::JailSpec,
};

/// Where a call's scratch space is mounted. The ruleset names its parent: Landlock looks at the parents of a mount point, never
/// at the directory a mount hides.
pub(crate) const SCRATCH_PARENT: &str = "/call";
/// The mount point of the call's own tmpfs; `/tmp` is a link to it.
pub(crate) const SCRATCH: &str = "/call/tmp";

const DEVICES: [&str; 2] = ["/dev/null", "/dev/urandom"];

/// Builds the root and moves into it. The old root is gone afterwards.
pub(crate) fn enter(spec: &JailSpec) -> Result<(), JailError> {
    let fail = |step: &str, error: io::Error| JailError::new(Layer::Root, step, error);
    // Nothing mounted here may travel back to the host, and nothing of the host may appear here later.
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|error| fail("make mounts private", error.into()))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount("tmpfs", &spec.root, "tmpfs", flags, Some(c"size=1m,nr_inodes=512,mode=0755"))
        .map_err(|error| fail("mount tmpfs", error.into()))?;
    fill(spec)?;
    pivot(&spec.root)?;
    // A compromised tool finds no place to leave anything for the next call.
    set_attributes(Path::new("/"), libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID, false)
        .map_err(|error| fail("make the root read-only", error))
}

fn fill(spec: &JailSpec) -> Result<(), JailError> {
    let fail = |step: String, error: io::Error| JailError::new(Layer::Root, step, error);
    show_devices(&spec.root)?;
    for mount in &spec.mounts {
        let target = inside(&spec.root, &mount.target);
        let step = format!("mount {}", mount.target.display());
        fs::create_dir_all(&target).map_err(|error| fail(step.clone(), error))?;
        rustix::mount::mount_bind(&mount.source, &target).map_err(|error| fail(step.clone(), error.into()))?;
        let attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
        set_attributes(&target, attributes, false).map_err(|error| fail(step, error))?;
    }
    fs::create_dir_all(inside(&spec.root, Path::new(SCRATCH))).map_err(|error| fail("make /call/tmp".into(), error))?;
    let scratch_link = (PathBuf::from("/tmp"), PathBuf::from(SCRATCH));
    for (link, text) in spec.links.iter().chain([&scratch_link]) {
        let step = format!("link {}", link.display());
        let path = inside(&spec.root, link);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| fail(step.clone(), error))?;
        }
        std::os::unix::fs::symlink(text, &path).map_err(|error| fail(step, error))?;
    }
    Ok(())
}

/// The only devices of any jail.
pub(crate) fn show_devices(root: &Path) -> Result<(), JailError> {
    let fail = |step: String, error: io::Error| JailError::new(Layer::Root, step, error);
    for device in DEVICES {
        let target = inside(root, Path::new(device));
        make_file(&target).map_err(|error| fail(format!("make {device}"), error))?;
        rustix::mount::mount_bind(device, &target).map_err(|error| fail(format!("mount {device}"), error.into()))?;
        // Read-only is the mount, not the device: it can be written to, but its times, seen by the host, stay as they are.
        let attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
        set_attributes(&target, attributes, false).map_err(|error| fail(format!("make {device} read-only"), error))?;
    }
    Ok(())
}

/// Makes the new root the root and lets go of the old one, so that no `..`, descriptor or mount leads back.
pub(crate) fn pivot(root: &Path) -> Result<(), JailError> {
    let fail = |step: &str, error: rustix::io::Errno| JailError::new(Layer::Root, step, error.into());
    rustix::process::chdir(root).map_err(|error| fail("chdir", error))?;
    rustix::process::pivot_root(".", ".").map_err(|error| fail("pivot_root", error))?;
    // Both roots now lie on top of each other at "."; this takes away the old one.
    rustix::mount::unmount(".", UnmountFlags::DETACH).map_err(|error| fail("unmount the old root", error))?;
    rustix::process::chdir("/").map_err(|error| fail("chdir /", error))
}

pub(crate) fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

pub(crate) fn make_file(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, [])
}

/// Adds attributes to a mount, and to those below it when asked. Unlike a remount this cannot clear flags the host had set, so it also works in user namespaces.
#[expect(unsafe_code, reason = "no safe wrapper for mount_setattr")]
pub(crate) fn set_attributes(path: &Path, attributes: u64, is_recursive: bool) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let attributes = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let here: BorrowedFd<'_> = rustix::fs::CWD;
    let flags = if is_recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: both pointers are valid for the call, and the size is that of the structure.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            here.as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
