//! Passwords: their rules, and their hashing: argon2id, 64 MiB, at most two at a time, away from the threads that serve requests.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use mcpbox_core::failure::{Failure, FailureKind};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::SemaphorePermit;

use crate::{Catalog, CatalogError, error::refused, text};

/// Memory of one hash, KiB.
const MEMORY_KIB: u32 = 64 << 10;
/// Passes over that memory.
const PASSES: u32 = 3;

/// Shortest password.
const PASSWORD_MIN_CHARS: usize = 8;
/// Longest password: hashing must stay cheap.
const PASSWORD_MAX_CHARS: usize = 1_024;

/// The hash of a password, in PHC form.
pub(crate) async fn hash(cat: &Catalog, password: &SecretString) -> Result<String, CatalogError> {
    let password = password.clone();
    on_a_thread(cat, move || hash_now(&password)).await?
}

/// Whether this is the password of that hash. Without a hash the answer is no, after the same time.
pub(crate) async fn verify(cat: &Catalog, password: &SecretString, hash: Option<String>) -> Result<bool, CatalogError> {
    let password = password.clone();
    let compare = move || match hash {
        Some(hash) => Ok(hasher()?.verify_password(password.expose_secret().as_bytes(), hash.as_str()).is_ok()),
        None => hash_now(&password).map(|_| false),
    };
    on_a_thread(cat, compare).await?
}

fn hash_now(password: &SecretString) -> Result<String, CatalogError> {
    let hash = hasher()?.hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(CatalogError::internal)
}

fn hasher() -> Result<Argon2<'static>, CatalogError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(CatalogError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn on_a_thread<T: Send + 'static>(
    cat: &Catalog,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CatalogError> {
    // Who cannot be served soon is told at once: a flood of attempts must not hold the memory of all of them, nor the owner for minutes.
    let _place = cat.hashing_places.try_acquire().map_err(|_| crowded())?;
    let _turn = cat.hashing.acquire().await.map_err(CatalogError::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(CatalogError::internal)
}

/// One of the places that people elsewhere may take. They are fewer than all: whoever is at the admin page finds one, whatever crowd
/// guesses passwords at the public address.
pub(crate) fn take_guest_place(cat: &Catalog) -> Result<SemaphorePermit<'_>, CatalogError> {
    cat.hashing_guests.try_acquire().map_err(|_| crowded())
}

fn crowded() -> CatalogError {
    let failure =
        Failure::new(FailureKind::RateLimited, "too many logins are being checked; try again in a few seconds");
    failure.hint("wait a few seconds, then log in again").into()
}

/// A user name that may be kept.
pub(crate) fn check_username(username: &str) -> Result<String, CatalogError> {
    let username = username.trim();
    let fits = (1..=64).contains(&username.chars().count())
        && text::marked(username).is_none()
        && !username.contains(['\n', '\t', '\r']);
    if fits {
        return Ok(username.to_owned());
    }
    Err(refused(FailureKind::InvalidArguments, "the user name must have 1 to 64 visible characters"))
}

/// Refuses passwords that are too short, or long enough to make hashing slow.
pub(crate) fn check_rules(password: &SecretString) -> Result<(), CatalogError> {
    let length = password.expose_secret().chars().count();
    if (PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS).contains(&length) {
        return Ok(());
    }
    let message =
        format!("the password must have {PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters; a sentence is fine");
    Err(refused(FailureKind::InvalidArguments, message))
}
