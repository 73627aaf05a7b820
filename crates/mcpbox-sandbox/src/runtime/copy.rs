//! Copying trees so that modification times (which bytecode files name) survive and any user may read the copy.

use std::{
    fs::{self, File, FileTimes, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Copies what `wanted` accepts, following links.
pub(super) fn copy_tree(from: &Path, to: &Path, wanted: &dyn Fn(&Path) -> bool) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        if !wanted(&path) {
            continue;
        }
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => copy_tree(&path, &to.join(name), wanted)?,
            Ok(metadata) if metadata.is_file() => copy_file(&path, &to.join(name))?,
            _ => {} // a dangling link, a device
        }
    }
    Ok(())
}

/// Copies one file with its modification time.
pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to)?;
    fs::set_permissions(to, Permissions::from_mode(0o755))?;
    let modified = fs::metadata(from)?.modified()?;
    File::options().write(true).open(to)?.set_times(FileTimes::new().set_modified(modified))
}

/// Makes a tree readable for every user, whatever the umask was.
pub(crate) fn open_up(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_dir() {
        fs::set_permissions(path, Permissions::from_mode(0o755))?;
        for entry in fs::read_dir(path)? {
            open_up(&entry?.path())?;
        }
    } else if metadata.is_file() {
        fs::set_permissions(path, Permissions::from_mode(metadata.permissions().mode() & 0o755 | 0o644))?;
    }
    Ok(())
}
