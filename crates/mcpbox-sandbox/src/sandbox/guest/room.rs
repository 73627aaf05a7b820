//! How much disk a program takes. The kernel bounds each of its files; how many there are is looked at from outside, again and
//! again: its own directory may hold so much, and where it writes the disk stays free enough for everybody else.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mcpbox_jail::ProgramSpec;
use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, openat, openat2, statat},
    io::Errno,
};
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

/// How often it is looked at, at most.
const LOOK: Duration = Duration::from_secs(1);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of the time, this part at most goes into looking.
const PART: u32 = 20;
/// Most files and directories in its own directory: a tree of empty ones takes room too, and takes long to look at.
const ENTRIES_MAX: usize = 100_000;
/// What stays free where it writes, bytes; on a small disk a twentieth of it.
const FREE_MIN: u64 = 512 << 20;
/// A block as files are counted in.
const BLOCK: u64 = 512;

/// Where a program may write.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// Its own directory, and how many bytes it may hold.
    kept: Option<(PathBuf, u64)>,
    /// All places.
    writable: Vec<PathBuf>,
}

impl Room {
    /// That of `spec`, where `kept` is the program's own directory and may hold `bytes`.
    pub(super) fn new(spec: &ProgramSpec, kept: &Path, bytes: u64) -> Self {
        let writable = spec.views.iter().filter(|view| view.may_write).map(|view| view.source.clone());
        let writable: Vec<PathBuf> = writable.collect();
        let kept = writable.iter().find(|place| **place == kept).cloned();
        Self { kept: kept.map(|kept| (kept, bytes)), writable }
    }

    /// Whether it is in its bounds. Blocking.
    ///
    /// # Errors
    /// A sentence: what is too much, and what to do.
    pub(super) fn look(&self) -> Result<(), String> {
        self.look_at_disks()?;
        self.look_at_kept()
    }

    fn look_at_disks(&self) -> Result<(), String> {
        for place in &self.writable {
            let Ok(disk) = rustix::fs::statvfs(place) else { continue };
            let (free, all) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
            if free < FREE_MIN.min(all / 20) {
                let (place, free) = (place.display(), free >> 20);
                return Err(format!(
                    "the disk of {place}, where it may write, has only {free} MiB left; make room on it"
                ));
            }
        }
        Ok(())
    }

    fn look_at_kept(&self) -> Result<(), String> {
        let Some((kept, bytes)) = &self.kept else { return Ok(()) };
        let too_much = match taken(kept) {
            Some(taken) if taken <= *bytes => return Ok(()),
            Some(_) => format!("more than {} MiB", bytes >> 20),
            None => format!("more than {ENTRIES_MAX} files, or some that cannot be looked at"),
        };
        Err(format!(
            "its own directory holds {too_much}; delete what it does not need from {}, or let it keep that in a directory of yours (write_paths)",
            kept.display()
        ))
    }

    /// Looks again and again, and returns what is too much.
    pub(super) async fn exceeded(self) -> String {
        if self.writable.is_empty() {
            return std::future::pending().await;
        }
        // Each at its own pace: a tree that takes long to look at must not hide a disk that fills up.
        tokio::select! {
            why = self.again(Self::look_at_disks) => why,
            why = self.again(Self::look_at_kept) => why,
        }
    }

    /// A look that does not come to an end is taken for one that found too much.
    async fn again(&self, look: fn(&Self) -> Result<(), String>) -> String {
        let mut pause = LOOK;
        loop {
            sleep(pause).await;
            let (room, begun) = (self.clone(), Instant::now());
            match timeout(PATIENCE, spawn_blocking(move || look(&room))).await {
                Ok(Ok(Ok(()))) => pause = LOOK.max(begun.elapsed() * PART),
                Ok(Ok(Err(why))) => return why,
                Ok(Err(_)) | Err(_) => {
                    return "how much it has written cannot be found out; look at its disk".to_owned();
                }
            }
        }
    }
}

/// Bytes on disk below a directory; none where there are too many files or some are hidden. Links lead nowhere, also where a
/// directory is swapped for one meanwhile.
fn taken(directory: &Path) -> Option<u64> {
    let options = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = match openat(CWD, directory, options, Mode::empty()) {
        Err(Errno::NOENT) => return Some(0),
        root => root.ok()?,
    };
    let (mut bytes, mut entries, mut ahead) = (0_u64, 0, vec![PathBuf::from(".")]);
    while let Some(place) = ahead.pop() {
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let list = match openat2(&root, &place, options, Mode::empty(), inside) {
            // Deleted meanwhile.
            Err(Errno::NOENT) => continue,
            list => list.ok()?,
        };
        for entry in Dir::read_from(&list).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            entries += 1;
            if entries > ENTRIES_MAX {
                return None;
            }
            let found = match statat(&list, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => continue,
                found => found.ok()?,
            };
            bytes += u64::try_from(found.st_blocks).ok()? * BLOCK;
            if FileType::from_raw_mode(found.st_mode).is_dir() {
                ahead.push(place.join(OsStr::from_bytes(name.to_bytes())));
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_lies_below_a_directory_is_counted_and_links_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, elsewhere) = (folder.path().join("a/b"), tempfile::tempdir().unwrap());
        fs::create_dir_all(&inner).unwrap();
        fs::write(elsewhere.path().join("much"), vec![1; 4 << 20]).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), inner.join("link")).unwrap();
        let before = taken(folder.path()).unwrap();
        fs::write(inner.join("some"), vec![1; 1 << 20]).unwrap();
        let after = taken(folder.path()).unwrap();
        assert!((1 << 20..2 << 20).contains(&(after - before)), "{before} {after}");
        assert_eq!(taken(&folder.path().join("gone")), Some(0));
    }

    #[test]
    fn its_own_directory_has_a_bound_and_says_how_to_get_under_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("much"), vec![1; 2 << 20]).unwrap();
        let room = |bytes| Room { kept: Some((path.clone(), bytes)), writable: vec![path.clone()] };
        assert_eq!(room(4 << 20).look(), Ok(()));
        let why = room(1 << 20).look().unwrap_err();
        assert!(why.contains("holds more than 1 MiB") && why.contains(&path.display().to_string()), "{why}");
        assert_eq!(Room { kept: None, writable: vec![path] }.look(), Ok(()));
    }
}
