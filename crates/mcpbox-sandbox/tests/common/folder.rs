//! Where these tests keep what they build.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// A folder of the target directory; where that lies in a private home of root, one that a jail without a root of its own still
/// reaches once it has given up being root.
pub(crate) fn folder(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let is_public = |folder: &Path| folder.metadata().is_ok_and(|it| it.permissions().mode() & 0o001 != 0);
    if !rustix::process::geteuid().is_root() || target.ancestors().all(is_public) {
        return target.join(name);
    }
    let public = Path::new("/var/tmp/mcpbox-tests-of-root");
    fs::create_dir_all(public).unwrap();
    let found = public.symlink_metadata().unwrap();
    assert!(found.is_dir() && found.uid() == 0, "{} is somebody else's", public.display());
    public.join(name)
}
