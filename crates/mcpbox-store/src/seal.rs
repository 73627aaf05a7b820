//! AES-256-GCM: one blob is `version (1) | algorithm (1) | key id (16) | nonce (12) | ciphertext | tag (16)`. The place of
//! the value (`mcpbox:v1:table:column:row`) is authenticated with it, so a blob moved to another row does not open.

use std::collections::HashMap;

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use rand::TryRng;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::StoreError;

/// A 256-bit key that is wiped from memory when dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

const FORMAT: u8 = 1;
const AES_256_GCM: u8 = 1;
const NONCE_BYTES: usize = 12;

/// Why an encrypted value does not open, or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a blob of this format.
    #[error("it is not in a known format")]
    Format,
    /// Made with a key that is not here.
    #[error("it was encrypted with a key that this database does not hold")]
    UnknownKey,
    /// Changed, or moved here from another place.
    #[error("it was changed, or belongs to another row")]
    Forged,
    /// The system gives no randomness, or the value is too long.
    #[error("it could not be encrypted: the system gave no randomness")]
    Randomness,
}

/// Where an encrypted value stands.
#[derive(Clone, Copy)]
pub(crate) struct SealedAt<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) row: &'a dyn std::fmt::Display,
}

impl SealedAt<'_> {
    fn authenticated(&self) -> String {
        format!("mcpbox:v1:{}:{}:{}", self.table, self.column, self.row)
    }
}

impl std::fmt::Display for SealedAt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{} of {}", self.table, self.column, self.row)
    }
}

/// The data keys of an open database, and the one that new values are encrypted with.
pub struct Sealer {
    keys: HashMap<Uuid, KeyBytes>,
    active: Uuid,
}

impl Sealer {
    /// A sealer that encrypts with `active`; none when that is not among `keys`.
    pub(crate) fn new(keys: HashMap<Uuid, KeyBytes>, active: Uuid) -> Option<Self> {
        keys.contains_key(&active).then_some(Self { keys, active })
    }

    /// Encrypts `value` for this place.
    pub(crate) fn seal(&self, at: SealedAt<'_>, value: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.keys.get(&self.active).ok_or(SealError::UnknownKey)?;
        seal_with(key, self.active, at, value)
    }

    /// Decrypts the blob of this place.
    pub(crate) fn unseal(&self, at: SealedAt<'_>, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let key = self.keys.get(&key_id(blob)?).ok_or(SealError::UnknownKey)?;
        unseal_with(key, at, blob)
    }

    /// Encrypts text for this place.
    pub(crate) fn seal_text(&self, at: SealedAt<'_>, value: &str) -> Result<Vec<u8>, StoreError> {
        self.seal(at, value.as_bytes()).map_err(|source| StoreError::Seal { place: at.to_string(), source })
    }

    /// Decrypts the text of this place.
    pub(crate) fn unseal_text(&self, at: SealedAt<'_>, blob: &[u8]) -> Result<String, StoreError> {
        let failed = |source| StoreError::Seal { place: at.to_string(), source };
        let value = self.unseal(at, blob).map_err(failed)?;
        std::str::from_utf8(&value).map(str::to_owned).map_err(|_| failed(SealError::Format))
    }
}

/// A new random key.
pub(crate) fn random_key() -> Result<KeyBytes, SealError> {
    let mut key = KeyBytes::default();
    rand::rngs::SysRng.try_fill_bytes(key.as_mut_slice()).map_err(|_| SealError::Randomness)?;
    Ok(key)
}

/// Encrypts with `key`, which the blob names as `id`.
pub(crate) fn seal_with(key: &KeyBytes, id: Uuid, at: SealedAt<'_>, value: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0_u8; NONCE_BYTES];
    rand::rngs::SysRng.try_fill_bytes(&mut nonce).map_err(|_| SealError::Randomness)?;
    let place = at.authenticated();
    let payload = Payload { msg: value, aad: place.as_bytes() };
    let ciphertext = cipher(key)?.encrypt(&nonce.into(), payload).map_err(|_| SealError::Randomness)?;
    let mut blob = vec![FORMAT, AES_256_GCM];
    blob.extend_from_slice(id.as_bytes());
    blob.extend_from_slice(&nonce);
    blob.extend_from_slice(&ciphertext);
    Ok(blob)
}

/// Decrypts with `key`.
pub(crate) fn unseal_with(key: &KeyBytes, at: SealedAt<'_>, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (_, rest) = split(blob)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Format)?;
    let place = at.authenticated();
    let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
    let value = cipher(key)?.decrypt(&(*nonce).into(), payload).map_err(|_| SealError::Forged)?;
    Ok(Zeroizing::new(value))
}

/// The id of the key that a blob was made with.
pub(crate) fn key_id(blob: &[u8]) -> Result<Uuid, SealError> {
    split(blob).map(|(id, _)| id)
}

fn split(blob: &[u8]) -> Result<(Uuid, &[u8]), SealError> {
    let (head, rest) = blob.split_first_chunk::<2>().ok_or(SealError::Format)?;
    let (id, rest) = rest.split_first_chunk::<16>().ok_or(SealError::Format)?;
    if *head != [FORMAT, AES_256_GCM] {
        return Err(SealError::Format);
    }
    Ok((Uuid::from_bytes(*id), rest))
}

fn cipher(key: &KeyBytes) -> Result<Aes256Gcm, SealError> {
    Aes256Gcm::new_from_slice(key.as_slice()).map_err(|_| SealError::Format)
}
