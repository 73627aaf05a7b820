//! The data directory: made with mode 0700, locked by the one server that uses it, and holding `server.json` and the
//! socket by which the command line finds that server.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::{
        fd::AsRawFd,
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// A data directory that exists and may be written.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

/// Held while a server runs; the kernel gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// How a running server is reached; also the content of `--ready-file`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Running {
    /// Base of the admin page and API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_url: Option<String>,
    /// The MCP endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp_url: Option<String>,
    /// Where the first admin is made; none once one exists.
    pub setup_url: Option<String>,
    /// The server's process.
    pub pid: u32,
}

impl Running {
    /// Where it answers.
    pub(crate) fn address(&self) -> &str {
        self.admin_url.as_deref().or(self.mcp_url.as_deref()).unwrap_or_default()
    }
}

impl DataDir {
    /// Makes the directory if it is not there, and checks that it can be written.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if !path.exists() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.with_context(|| {
                format!("cannot make the data directory {shown}; name another one with --data-dir DIR")
            })?;
        }
        let meta = path.metadata().with_context(|| format!("cannot look at the data directory {shown}"))?;
        if !meta.is_dir() {
            bail!("the data directory {shown} is not a directory; name another one with --data-dir DIR");
        }
        let me = rustix::process::geteuid().as_raw();
        if meta.uid() != me && me != 0 {
            bail!(
                "the data directory {shown} belongs to another user; run as that user, or name another one with --data-dir DIR"
            );
        }
        if meta.permissions().mode() & 0o077 != 0 {
            let private = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
            private.with_context(|| {
                format!("the data directory {shown} is open to other users; run: chmod 700 {shown}")
            })?;
        }
        let dir = Self { path: path.to_owned() };
        dir.check_writable()?;
        Ok(dir)
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The SQLite database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("mcpbox.db")
    }

    /// Locks the directory for this process.
    ///
    /// # Errors
    /// Another server uses it; the sentence says which.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        match self.try_lock()? {
            Some(lock) => Ok(lock),
            None => {
                let who = running(&self.path)
                    .map_or_else(String::new, |it| format!(" (process {}, {})", it.pid, it.address()));
                let shown = self.path.display();
                bail!(
                    "another mcpbox server{who} uses the data directory {shown}; stop it, or name another directory with --data-dir DIR"
                )
            }
        }
    }

    /// Locks the directory, or says that a server has it.
    ///
    /// # Errors
    /// When the lock file cannot be used.
    pub(crate) fn try_lock(&self) -> anyhow::Result<Option<Lock>> {
        let path = self.path.join("mcpbox.lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }

    /// Says to the command line that this server runs.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn announce(&self, running: &Running) -> anyhow::Result<()> {
        write_atomically(&self.path.join(SERVER_FILE), running)
    }

    /// Takes the announcement back.
    pub(crate) fn withdraw(&self) {
        for name in [SERVER_FILE, SOCKET] {
            // It may be gone already; the lock is what counts.
            let _gone = std::fs::remove_file(self.path.join(name));
        }
    }

    fn check_writable(&self) -> anyhow::Result<()> {
        let probe = self.path.join(".write-probe");
        let written = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&probe);
        let shown = self.path.display();
        written.with_context(|| {
            format!(
                "cannot write to the data directory {shown}; make it writable, or name another one with --data-dir DIR"
            )
        })?;
        std::fs::remove_file(&probe).with_context(|| format!("cannot remove {}", probe.display()))
    }
}

const SERVER_FILE: &str = "server.json";
const SOCKET: &str = "mcpbox.sock";

/// The command line's socket in a data directory.
pub(crate) fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET)
}

/// A path to `path` that is short enough for a socket address (107 bytes), whatever the directory is called; good for as
/// long as the directory handle lives.
///
/// # Errors
/// The directory cannot be opened.
pub(crate) fn short_path(path: &Path) -> std::io::Result<(File, PathBuf)> {
    let dir = File::open(path.parent().unwrap_or(Path::new("/")))?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd())).join(path.file_name().unwrap_or_default());
    Ok((dir, short))
}

/// What the server of this directory announced; it may have died since.
pub(crate) fn running(data_dir: &Path) -> Option<Running> {
    let mut text = String::new();
    File::open(data_dir.join(SERVER_FILE)).ok()?.take(1 << 16).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Writes JSON so that a reader sees all of it or nothing.
///
/// # Errors
/// When the directory cannot be written.
pub(crate) fn write_atomically(path: &Path, content: &impl Serialize) -> anyhow::Result<()> {
    let shown = path.display();
    let mut name = path.file_name().with_context(|| format!("{shown} is not a file name"))?.to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let write = || -> anyhow::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
        file.write_all(&serde_json::to_vec(content)?)?;
        file.sync_all()?;
        Ok(std::fs::rename(&part, path)?)
    };
    write().with_context(|| format!("cannot write {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_directory_is_private_and_an_open_one_is_made_private() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("a/b");
        DataDir::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        DataDir::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn two_servers_cannot_use_one_directory() {
        let base = tempfile::tempdir().unwrap();
        let dir = DataDir::open(base.path()).unwrap();
        let held = dir.lock().unwrap();
        let running =
            Running { admin_url: Some("http://a".into()), mcp_url: Some("m".into()), setup_url: None, pid: 7 };
        dir.announce(&running).unwrap();
        let message = dir.lock().unwrap_err().to_string();
        assert!(
            message.starts_with("another mcpbox server (process 7, http://a) uses the data directory"),
            "{message}"
        );
        drop(held);
        dir.lock().unwrap();
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_one_clear_sentence() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("file");
        std::fs::write(&path, "x").unwrap();
        assert!(
            DataDir::open(&path)
                .unwrap_err()
                .to_string()
                .contains("is not a directory; name another one with --data-dir DIR")
        );
    }
}
