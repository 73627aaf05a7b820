//! Encryption of a file with a passphrase: argon2id makes a key of it and of a random salt, AES-256-GCM encrypts parts of 64
//! KiB. The nonce of a part is its number and whether it is the last, so that parts can neither be moved, left out nor cut
//! off. The key is never used for another file.
//!
//! `mcpbox-encrypted-1\n`, 16 bytes of salt, then the parts, each with its tag.

use std::io::{self, Read, Write};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// How every such file begins.
pub(super) const MAGIC: &[u8] = b"mcpbox-encrypted-1\n";
const SALT_BYTES: usize = 16;
const PART_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;
/// A guess costs 64 MiB and three passes over it.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;

/// Encrypts what is written to it. [`Encrypting::finish`] must be called at the end.
pub(super) struct Encrypting<W: Write> {
    out: W,
    parts: Parts,
    waiting: Zeroizing<Vec<u8>>,
}

impl<W: Write> Encrypting<W> {
    /// Writes the front of the file.
    pub(super) fn new(mut out: W, passphrase: &SecretString) -> io::Result<Self> {
        let mut salt = [0_u8; SALT_BYTES];
        SysRng.try_fill_bytes(&mut salt).map_err(io::Error::other)?;
        out.write_all(MAGIC)?;
        out.write_all(&salt)?;
        let waiting = Zeroizing::new(Vec::with_capacity(PART_BYTES));
        Ok(Self { out, parts: Parts::new(passphrase, &salt)?, waiting })
    }

    /// Writes the last part.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.part(true)?;
        Ok(self.out)
    }

    fn part(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = self.parts.next_nonce(is_last)?;
        let payload = Payload { msg: &self.waiting, aad: MAGIC };
        let part = self.parts.cipher.encrypt(&nonce.into(), payload);
        self.out.write_all(&part.map_err(|_| io::Error::other("a part cannot be encrypted"))?)?;
        self.waiting.clear();
        Ok(())
    }
}

impl<W: Write> Write for Encrypting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full part waits for what follows: only then it is known not to be the last.
        if self.waiting.len() == PART_BYTES {
            self.part(false)?;
        }
        let room = PART_BYTES - self.waiting.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.waiting.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Decrypts what it reads from.
pub(super) struct Decrypting<R: Read> {
    from: R,
    parts: Parts,
    /// What was read of the next part.
    ahead: Vec<u8>,
    open: Zeroizing<Vec<u8>>,
    given: usize,
    is_done: bool,
}

impl<R: Read> Decrypting<R> {
    /// Reads the front of the file and its first part. None when the passphrase is another.
    pub(super) fn new(mut from: R, passphrase: &SecretString) -> io::Result<Option<Self>> {
        let mut magic = [0_u8; MAGIC.len()];
        let mut salt = [0_u8; SALT_BYTES];
        from.read_exact(&mut magic)?;
        from.read_exact(&mut salt)?;
        let parts = Parts::new(passphrase, &salt)?;
        let (ahead, open) = (Vec::new(), Zeroizing::default());
        let mut reader = Self { from, parts, ahead, open, given: 0, is_done: false };
        match reader.next_part() {
            Ok(()) => Ok(Some(reader)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn next_part(&mut self) -> io::Result<()> {
        // One byte more than a part tells whether it is the last.
        let wanted = PART_BYTES + TAG_BYTES + 1 - self.ahead.len();
        self.from.by_ref().take(wanted as u64).read_to_end(&mut self.ahead)?;
        self.is_done = self.ahead.len() <= PART_BYTES + TAG_BYTES;
        let rest = self.ahead.split_off(self.ahead.len().min(PART_BYTES + TAG_BYTES));
        let part = std::mem::replace(&mut self.ahead, rest);
        let nonce = self.parts.next_nonce(self.is_done)?;
        let opened = self.parts.cipher.decrypt(&nonce.into(), Payload { msg: &part, aad: MAGIC });
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "a part of the encrypted file is damaged or missing");
        (self.open, self.given) = (Zeroizing::new(opened.map_err(|_| damaged())?), 0);
        Ok(())
    }
}

impl<R: Read> Read for Decrypting<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.open.len() && !self.is_done {
            self.next_part()?;
        }
        let mut rest = self.open.get(self.given..).unwrap_or_default();
        let read = rest.read(into)?;
        self.given += read;
        Ok(read)
    }
}

/// The key of a file, and the number of its next part.
struct Parts {
    cipher: Aes256Gcm,
    next: u32,
}

impl Parts {
    fn new(passphrase: &SecretString, salt: &[u8]) -> io::Result<Self> {
        let mut key = Zeroizing::new([0_u8; 32]);
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(key.len())).map_err(io::Error::other)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let derived = argon.hash_password_into(passphrase.expose_secret().as_bytes(), salt, key.as_mut_slice());
        derived.map_err(io::Error::other)?;
        let cipher = Aes256Gcm::new_from_slice(key.as_slice()).map_err(io::Error::other)?;
        Ok(Self { cipher, next: 0 })
    }

    fn next_nonce(&mut self, is_last: bool) -> io::Result<[u8; 12]> {
        let mut nonce = [0_u8; 12];
        let number = nonce.iter_mut().skip(7).zip(self.next.to_be_bytes());
        number.for_each(|(place, byte)| *place = byte);
        if let Some(last) = nonce.last_mut() {
            *last = u8::from(is_last);
        }
        self.next = self.next.checked_add(1).ok_or_else(|| io::Error::other("the file has too many parts"))?;
        Ok(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypted(bytes: &[u8]) -> Vec<u8> {
        let mut writer = Encrypting::new(Vec::new(), &"sesame, open".into()).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn opened(bytes: &[u8], passphrase: &str) -> io::Result<Vec<u8>> {
        let Some(mut reader) = Decrypting::new(bytes, &passphrase.into())? else {
            return Err(io::ErrorKind::PermissionDenied.into());
        };
        let mut all = Vec::new();
        reader.read_to_end(&mut all)?;
        Ok(all)
    }

    #[test]
    fn what_was_encrypted_opens_with_the_passphrase_and_no_other() {
        for length in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES] {
            let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let file = encrypted(&plain);
            assert!(opened(&file, "sesame, open").unwrap() == plain, "{length}");
        }
        let refused = opened(&encrypted(b"text"), "sesame, shut").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn parts_that_are_cut_off_moved_or_changed_do_not_open() {
        let file = encrypted(&vec![7; 2 * PART_BYTES + 9]);
        let front = MAGIC.len() + SALT_BYTES;
        let part = PART_BYTES + TAG_BYTES;
        for cut in [front + 5, front + part, front + 2 * part, file.len() - 1] {
            assert!(opened(&file[..cut], "sesame, open").is_err(), "{cut}");
        }
        let mut moved = file[..front].to_vec();
        moved.extend_from_slice(&file[front + part..front + 2 * part]);
        moved.extend_from_slice(&file[front..front + part]);
        moved.extend_from_slice(&file[front + 2 * part..]);
        assert!(opened(&moved, "sesame, open").is_err());
        let mut changed = file.clone();
        changed[front + part + 1] ^= 1;
        assert!(opened(&changed, "sesame, open").is_err());
        let mut longer = file;
        longer.push(0);
        assert!(opened(&longer, "sesame, open").is_err());
    }
}
