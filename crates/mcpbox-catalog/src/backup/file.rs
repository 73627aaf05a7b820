//! Writing a backup file: beside its place first, durably, then under its name.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use mcpbox_store::{
    Keyring, Store,
    backup::{self, BackupError, Header, Manifest},
};
use secrecy::SecretString;
use tokio::runtime::Handle;

use super::{BackupFileError, passphrase::Encrypting};

/// How hard zstd tries: its default.
const COMPRESSION: i32 = 3;

/// What is to be written where.
#[derive(Debug)]
pub struct BackupRequest {
    /// The file; must not exist.
    pub path: PathBuf,
    /// Encrypts the file.
    pub passphrase: Option<SecretString>,
    /// The master key, to be included.
    pub key: Option<Keyring>,
    /// Version of the program.
    pub program: &'static str,
    /// What time it is.
    pub now: DateTime<Utc>,
}

/// A backup that was written.
#[derive(Debug)]
pub struct BackupReport {
    /// Size of the file.
    pub bytes: u64,
    /// What stands first.
    pub header: Header,
    /// What stands last.
    pub manifest: Manifest,
}

/// Writes a backup of what the database holds at one moment; others may write meanwhile.
///
/// # Errors
/// Nothing is at `path` then.
pub async fn write(store: &Store, request: BackupRequest) -> Result<BackupReport, BackupFileError> {
    if request.key.is_some() && request.passphrase.is_none() {
        return Err(BackupFileError::KeyNeedsPassphrase);
    }
    let (store, runtime) = (store.clone(), Handle::current());
    // Compressing, encrypting and waiting for the disk block: not on a thread that serves others.
    let written = tokio::task::spawn_blocking(move || {
        let part = part_of(&request.path);
        let done = write_part(&store, &runtime, &request, &part);
        if done.is_err() {
            let _absent = fs::remove_file(&part);
        }
        done
    });
    written.await.map_err(|error| BackupFileError::Internal(error.into()))?
}

fn write_part(
    store: &Store,
    runtime: &Handle,
    request: &BackupRequest,
    part: &Path,
) -> Result<BackupReport, BackupFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupFileError::Exists { path: request.path.clone() },
        _ => BackupFileError::File { path: request.path.clone(), source },
    };
    if request.path.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).map_err(failed)?;
    let content = |out: &mut (dyn Write + Send)| compressed(store, runtime, request, out);
    let (header, manifest) = match &request.passphrase {
        None => content(&mut file)?,
        Some(passphrase) => {
            let mut encrypted = Encrypting::new(&mut file, passphrase).map_err(BackupError::Write)?;
            let done = content(&mut encrypted)?;
            encrypted.finish().map_err(BackupError::Write)?;
            done
        }
    };
    file.sync_all().map_err(failed)?;
    // A link, unlike a rename, does not replace what came there meanwhile.
    fs::hard_link(part, &request.path).and_then(|()| fs::remove_file(part)).map_err(failed)?;
    sync_directory_of(&request.path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    Ok(BackupReport { bytes, header, manifest })
}

fn compressed(
    store: &Store,
    runtime: &Handle,
    request: &BackupRequest,
    out: &mut (dyn Write + Send),
) -> Result<(Header, Manifest), BackupFileError> {
    let mut encoder = zstd::Encoder::new(BufWriter::new(out), COMPRESSION).map_err(BackupError::Write)?;
    encoder.include_checksum(true).map_err(BackupError::Write)?;
    let done = backup::write(store, request.key.as_ref(), request.program, request.now, &mut encoder);
    let done = runtime.block_on(done)?;
    let mut rest = encoder.finish().map_err(BackupError::Write)?;
    rest.flush().map_err(BackupError::Write)?;
    Ok(done)
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// A file survives a power cut only when its directory was written too.
pub(super) fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
