//! Reading the lines of a backup, each at most so long, and hashing what was read.

use std::io::{BufRead, Read};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{BackupError, FORMAT, FORMAT_VERSION, Header, Line};
use crate::{keyring::Keyring, migration};

/// Longest line: the largest row, with room.
const LINE_MAX: u64 = 256 << 20;

/// A backup whose header was read.
pub struct Input<'a> {
    pub(super) lines: Lines<'a>,
    header: Header,
    key: Option<Keyring>,
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("header", &self.header).finish_non_exhaustive()
    }
}

impl<'a> Input<'a> {
    /// Reads the header, and the master key when it is included.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`], [`BackupError::Newer`], [`BackupError::Damaged`].
    pub fn open(from: &'a mut (dyn BufRead + Send)) -> Result<Self, BackupError> {
        let mut lines = Lines { from, number: 0, everything: Sha256::new(), text: Zeroizing::default() };
        let first = lines.next()?.map(<[u8]>::to_vec).unwrap_or_default();
        let Ok(Line::Header(header)) = serde_json::from_slice(&first) else { return Err(BackupError::NotABackup) };
        if header.format != FORMAT {
            return Err(BackupError::NotABackup);
        }
        if header.format_version > FORMAT_VERSION || !migration::names().starts_with(&header.migrations) {
            return Err(BackupError::Newer { program: header.program });
        }
        let key = if header.has_key { Some(read_key(&mut lines)?) } else { None };
        Ok(Self { lines, header, key })
    }

    /// What stands first.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The master key, when it is included.
    pub fn key(&self) -> Option<&Keyring> {
        self.key.as_ref()
    }
}

fn read_key(lines: &mut Lines<'_>) -> Result<Keyring, BackupError> {
    let parsed = lines.next()?.map(serde_json::from_slice::<Line>);
    match parsed {
        Some(Ok(Line::Key(text))) => {
            Keyring::from_hex(&text.into(), "the backup").map_err(|error| lines.damaged(error))
        }
        _ => Err(lines.damaged("the key is missing")),
    }
}

pub(super) struct Lines<'a> {
    from: &'a mut (dyn BufRead + Send),
    number: u64,
    everything: Sha256,
    text: Zeroizing<Vec<u8>>,
}

impl Lines<'_> {
    /// The next line without its end, which is not hashed yet: what it says may be the hash. None at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, BackupError> {
        if !self.text.is_empty() {
            self.everything.update(self.text.as_slice());
        }
        self.text.clear();
        self.number += 1;
        let read = (&mut *self.from).take(LINE_MAX).read_until(b'\n', &mut self.text);
        read.map_err(|error| self.damaged(error))?;
        match self.text.strip_suffix(b"\n") {
            Some(line) => Ok(Some(line)),
            None if self.text.is_empty() => Ok(None),
            None => Err(BackupError::Damaged { line: self.number, reason: "it does not end".to_owned() }),
        }
    }

    /// Hash of all lines before the one that was read last.
    pub(super) fn hash_before(&self) -> String {
        hex::encode(self.everything.clone().finalize())
    }

    pub(super) fn damaged(&self, reason: impl std::fmt::Display) -> BackupError {
        BackupError::Damaged { line: self.number, reason: reason.to_string() }
    }
}
