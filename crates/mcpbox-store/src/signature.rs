//! Marks of this box on what leaves it: made with the data key, so that only who holds the master key can make one.

use sha2::{Digest, Sha256};

use crate::{error::StoreError, seal::SealedAt, store::Connection};

/// The mark of this box on `text`, in hexadecimal digits.
///
/// # Errors
/// When it cannot be made.
pub fn sign(connection: &impl Connection, purpose: &'static str, text: &str) -> Result<String, StoreError> {
    let place = place(purpose);
    let sealed = connection.sealer().seal(place, Sha256::digest(text).as_slice());
    let sealed = sealed.map_err(|source| StoreError::Seal { place: place.to_string(), source })?;
    Ok(hex::encode(sealed))
}

/// Whether `signature` is the mark of this box on exactly `text`.
pub fn is_own(connection: &impl Connection, purpose: &'static str, text: &str, signature: &str) -> bool {
    let Ok(sealed) = hex::decode(signature) else { return false };
    let opened = connection.sealer().unseal(place(purpose), &sealed);
    opened.is_ok_and(|digest| digest.as_slice() == Sha256::digest(text).as_slice())
}

fn place(purpose: &'static str) -> SealedAt<'static> {
    SealedAt { table: "signature", column: purpose, row: &0 }
}
