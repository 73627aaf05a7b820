//! How much room there is where something is kept.

use std::{io, path::Path};

/// Room on a file system, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What an ordinary user may still write.
    pub free: u64,
    /// All there is.
    pub total: u64,
}

/// The room on the file system that `path` is on. Takes a microsecond; asks nothing of the disk itself.
///
/// # Errors
/// The path does not exist or may not be reached.
pub fn space(path: &Path) -> io::Result<Space> {
    let told = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Ok(Space { free: bytes(told.f_bavail), total: bytes(told.f_blocks) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_of_what_exists() {
        let told = space(Path::new("/")).unwrap();
        assert!(told.free <= told.total && told.total > 0, "{told:?}");
        assert!(space(Path::new("/nowhere/at/all")).is_err());
    }
}
