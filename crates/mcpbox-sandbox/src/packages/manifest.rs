//! What an installed environment consists of: every file with its hash, kept beside it, so that a change shows before any of it
//! is loaded. Reading is quick while size, times and inode are as they were; otherwise the content decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Files of one environment.
const FILES_MAX: usize = 200_000;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Top-level modules of the packages that were asked for.
    pub(crate) modules: Vec<String>,
    files: BTreeMap<PathBuf, File>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    sha256: String,
    /// Size, modification and change time in nanoseconds, inode.
    stamp: (u64, i128, i128, u64),
}

impl Manifest {
    /// The manifest of what lies in `directory` now.
    pub(crate) fn of(directory: &Path, modules: Vec<String>) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for path in files_below(directory)? {
            let full = directory.join(&path);
            let stamp = stamp(&fs::symlink_metadata(&full)?);
            files.insert(path, File { sha256: hash(&full)?, stamp });
        }
        Ok(Self { modules, files })
    }

    /// Reads it.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        serde_json::from_slice(&fs::read(path)?).map_err(io::Error::other)
    }

    /// Writes it in one step.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let parent = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".manifest-").tempfile_in(parent)?;
        serde_json::to_writer(io::BufWriter::new(&mut file), self)?;
        file.persist(path).map_err(|error| error.error).map(drop)
    }

    /// Checks that `directory` holds exactly these files with exactly this content. When only times changed (a copy, a
    /// restored backup), gives the manifest with the new ones.
    ///
    /// # Errors
    /// Which file is not what was installed.
    pub(crate) fn check(&self, directory: &Path) -> Result<Option<Self>, String> {
        let found: BTreeSet<PathBuf> = files_below(directory)
            .map_err(|error| format!("{} cannot be read: {error}", directory.display()))?
            .into_iter()
            .collect();
        if let Some(new) = found.iter().find(|path| !self.files.contains_key(*path)) {
            return Err(format!("{} was added after installation", new.display()));
        }
        let mut renewed: Option<Self> = None;
        for (path, file) in &self.files {
            let full = directory.join(path);
            let Ok(metadata) = fs::symlink_metadata(&full) else {
                return Err(format!("{} is gone", path.display()));
            };
            let now = stamp(&metadata);
            if now == file.stamp {
                continue;
            }
            if !hash(&full).is_ok_and(|hash| hash == file.sha256) {
                return Err(format!("{} was changed after installation", path.display()));
            }
            let renewed = renewed.get_or_insert_with(|| self.clone());
            renewed.files.insert(path.clone(), File { sha256: file.sha256.clone(), stamp: now });
        }
        Ok(renewed)
    }
}

fn stamp(metadata: &Metadata) -> (u64, i128, i128, u64) {
    let time = |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    let (modified, changed) =
        (time(metadata.mtime(), metadata.mtime_nsec()), time(metadata.ctime(), metadata.ctime_nsec()));
    (metadata.len(), modified, changed, metadata.ino())
}

/// Everything that is no directory. A link counts as its text: what it leads to is not part of the environment.
fn files_below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(directory.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            match entry.file_type()?.is_dir() {
                true => open.push(path),
                false => files.push(path),
            }
            if files.len() > FILES_MAX {
                return Err(io::Error::other(format!("it has more than {FILES_MAX} files")));
            }
        }
    }
    Ok(files)
}

fn hash(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    if fs::symlink_metadata(path)?.is_symlink() {
        hash.update(fs::read_link(path)?.as_os_str().as_encoded_bytes());
    } else {
        io::copy(&mut fs::File::open(path)?, &mut Writer(&mut hash))?;
    }
    Ok(hex::encode(hash.finalize()))
}

struct Writer<'a>(&'a mut Sha256);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_kind_of_change_shows() {
        let room = tempfile::tempdir().unwrap();
        let site = room.path().join("site");
        let reset = || {
            let _ = fs::remove_dir_all(&site);
            fs::create_dir_all(site.join("a/b")).unwrap();
            fs::write(site.join("a/b/one.py"), "1").unwrap();
            fs::write(site.join("two.py"), "2").unwrap();
            symlink("two.py", site.join("link.py")).unwrap();
            Manifest::of(&site, vec!["a".into()]).unwrap()
        };
        let before = reset();
        let path = room.path().join("manifest.json");
        before.write(&path).unwrap();
        assert_eq!(Manifest::read(&path).unwrap(), before);
        assert_eq!(before.check(&site), Ok(None));

        type Change = fn(&Path);
        let changes: [(&str, Change); 4] = [
            ("a/b/one.py was changed after installation", |site| fs::write(site.join("a/b/one.py"), "x").unwrap()),
            ("two.py is gone", |site| fs::remove_file(site.join("two.py")).unwrap()),
            ("a/new.py was added after installation", |site| fs::write(site.join("a/new.py"), "").unwrap()),
            ("link.py was changed after installation", |site| {
                fs::remove_file(site.join("link.py")).unwrap();
                symlink("/etc/passwd", site.join("link.py")).unwrap();
            }),
        ];
        for (reason, change) in changes {
            let manifest = reset();
            change(&site);
            assert_eq!(manifest.check(&site), Err(reason.to_owned()));
        }
    }

    #[test]
    fn a_copy_with_other_times_is_the_same_and_is_noted() {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join("one.py"), "1").unwrap();
        let manifest = Manifest::of(room.path(), Vec::new()).unwrap();
        fs::rename(room.path().join("one.py"), room.path().join("old.py")).unwrap();
        fs::write(room.path().join("one.py"), "1").unwrap();
        fs::remove_file(room.path().join("old.py")).unwrap();
        let renewed = manifest.check(room.path()).unwrap().expect("the times are others");
        assert_eq!(renewed.check(room.path()), Ok(None));
    }
}
