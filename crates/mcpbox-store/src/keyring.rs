//! The master key (key-encryption key): where it comes from, and that nobody else can read it. It wraps the data keys
//! in the database and encrypts nothing else. The environment is read by the binary, never here.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::seal::{KeyBytes, random_key};

/// Name of the key in a credentials directory.
const CREDENTIAL_NAME: &str = "mcpbox.key";
/// Where container engines mount secrets, often readable for everyone inside; the mount is the protection there.
const CONTAINER_SECRETS: &str = "/run/secrets";

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not 64 hex digits.
    #[error("the encryption key in {place} is not 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
    Malformed {
        /// File or variable.
        place: String,
    },
    /// Others can read it.
    #[error("the encryption key {path} can be read by others; run: chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
    },
    /// Two keys that differ.
    #[error("the encryption key in {path} and the one in MCPBOX_ENCRYPTION_KEY differ; remove the wrong one")]
    Differ {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("cannot use the encryption key file {path}; check its owner and the permissions of its directory")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gave no randomness for a new encryption key; try again")]
    Randomness,
}

/// The master key. Cheap to clone, wiped from memory with the last clone, never printed.
#[derive(Clone)]
pub struct Keyring(Arc<KeyBytes>);

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}

impl PartialEq for Keyring {
    /// By their ids, so that how long it takes tells nothing about the keys.
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Keyring {
    /// The key of 64 hex digits; `place` is where they stand, for the message.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_hex(text: &SecretString, place: &str) -> Result<Self, KeyError> {
        let mut key = KeyBytes::default();
        match hex::decode_to_slice(text.expose_secret().trim(), key.as_mut_slice()) {
            Ok(()) => Ok(Self(Arc::new(key))),
            Err(_) => Err(KeyError::Malformed { place: place.to_owned() }),
        }
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate() -> Result<Self, KeyError> {
        random_key().map(|key| Self(Arc::new(key))).map_err(|_| KeyError::Randomness)
    }

    /// The key in the file, which only its owner may read.
    ///
    /// # Errors
    /// [`KeyError::TooOpen`] with the command that mends it, [`KeyError::File`], [`KeyError::Malformed`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 && !path.starts_with(CONTAINER_SECRETS) {
            return Err(KeyError::TooOpen { path: path.to_owned() });
        }
        Self::read(path)
    }

    /// The key in the file; a new one, in a new file of mode 0600, when there is none.
    ///
    /// # Errors
    /// As [`Keyring::load`] and [`Keyring::generate`].
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::generate()?.create(path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            created => created,
        }
    }

    /// Writes the key into a new file of mode 0600, complete or not at all, and hands it back.
    ///
    /// # Errors
    /// [`KeyError::File`], with [`io::ErrorKind::AlreadyExists`] when the file exists.
    pub fn create(self, path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        if path.exists() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        // Of two processes that start at once, one key wins: a link, unlike a rename, does not replace.
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", self.id()));
        let draft = PathBuf::from(draft);
        let written = self.write_durably(&draft).and_then(|()| fs::hard_link(&draft, path));
        let removed = fs::remove_file(&draft);
        written.and(removed).and_then(|()| sync_directory_of(path)).map_err(failed)?;
        Ok(self)
    }

    /// A name for the key that tells nothing about it.
    pub(crate) fn id(&self) -> Uuid {
        let digest = Sha256::new().chain_update(b"mcpbox.kek.1").chain_update(self.0.as_slice()).finalize();
        let mut id = [0_u8; 16];
        id.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
        Uuid::from_bytes(id)
    }

    /// The key as 64 hex digits.
    pub(crate) fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// The key itself.
    pub(crate) fn key(&self) -> &KeyBytes {
        &self.0
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        Self::from_hex(&SecretString::from(text), &path.display().to_string())
    }

    fn write_durably(&self, path: &Path) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        writeln!(file, "{}", self.to_hex().as_str())?;
        file.sync_all()
    }
}

/// A file survives a power cut only when its directory was written too.
fn sync_directory_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// The places where a master key may be, in the order they are asked.
#[derive(Debug)]
pub struct KeySource {
    /// `$CREDENTIALS_DIRECTORY` of the service manager, holding `mcpbox.key`.
    pub credentials_directory: Option<PathBuf>,
    /// The key file; made when no place has a key.
    pub file: PathBuf,
    /// The value of `MCPBOX_ENCRYPTION_KEY`.
    pub environment: Option<SecretString>,
}

/// Which place the master key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOrigin {
    /// A credential of the service manager.
    Credential(PathBuf),
    /// The key file.
    File(PathBuf),
    /// `MCPBOX_ENCRYPTION_KEY`.
    Environment,
    /// The key file, made just now.
    Created(PathBuf),
}

impl std::fmt::Display for KeyOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Credential(path) | Self::File(path) | Self::Created(path) => path.display().fmt(f),
            Self::Environment => f.write_str("MCPBOX_ENCRYPTION_KEY"),
        }
    }
}

impl KeySource {
    /// The first key there is; a new key file when there is none.
    ///
    /// # Errors
    /// [`KeyError`]; two different keys in file and environment are refused rather than guessed about.
    pub fn load(&self) -> Result<(Keyring, KeyOrigin), KeyError> {
        match self.existing()? {
            Some(found) => Ok(found),
            None => Ok((Keyring::load_or_create(&self.file)?, KeyOrigin::Created(self.file.clone()))),
        }
    }

    /// The first key there is; makes none.
    ///
    /// # Errors
    /// As [`KeySource::load`].
    pub fn existing(&self) -> Result<Option<(Keyring, KeyOrigin)>, KeyError> {
        if let Some(credential) = self.credential() {
            return Ok(Some((Keyring::read(&credential)?, KeyOrigin::Credential(credential))));
        }
        let environment =
            self.environment.as_ref().map(|hex| Keyring::from_hex(hex, "MCPBOX_ENCRYPTION_KEY")).transpose()?;
        if self.file.exists() {
            let keyring = Keyring::load(&self.file)?;
            if environment.is_some_and(|other| other.id() != keyring.id()) {
                return Err(KeyError::Differ { path: self.file.clone() });
            }
            return Ok(Some((keyring, KeyOrigin::File(self.file.clone()))));
        }
        Ok(environment.map(|keyring| (keyring, KeyOrigin::Environment)))
    }

    fn credential(&self) -> Option<PathBuf> {
        self.credentials_directory
            .as_ref()
            .map(|directory| directory.join(CREDENTIAL_NAME))
            .filter(|path| path.exists())
    }
}
