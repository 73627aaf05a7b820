//! Placeholders of sealed secrets, and the only place where a value takes a placeholder's place.

use std::{borrow::Cow, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mcpbox_core::{capability::HostRule, execute::UnsealedSecret, name::SecretKey, secret::SecretMode};
use memchr::memmem;
use percent_encoding::utf8_percent_encode;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Scrubber,
    echo::{COMPONENT, PATH_SEGMENT, json_escaped},
};
use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
    gate::canonical_rules,
};

/// How every placeholder begins.
pub(super) const PLACEHOLDER_START: &str = "mcpbox-sealed-";

/// How long every placeholder is: the beginning and 32 hex digits.
pub(super) const PLACEHOLDER_BYTES: usize = PLACEHOLDER_START.len() + 32;

/// A URL part or header with its secrets put in is not longer.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// All secrets of one call.
pub(crate) struct Vault {
    secrets: Vec<Entry>,
    scrub_all: OnceLock<Scrubber>,
    scrub_sealed: OnceLock<Scrubber>,
}

struct Entry {
    key: SecretKey,
    value: SecretString,
    /// Only for sealed secrets.
    placeholder: Option<String>,
    hosts: Vec<HostRule>,
}

/// Where in a request a value is put; decides how it is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// URL path.
    Path,
    /// URL query.
    Query,
    /// Header value.
    Header,
    /// JSON body: inside a string literal.
    JsonBody,
    /// Form body.
    FormBody,
    /// Any other body.
    PlainBody,
}

impl Vault {
    /// Takes the secrets of a call and makes fresh random placeholders.
    pub(crate) fn new(secrets: Vec<UnsealedSecret>) -> Self {
        let secrets = secrets.into_iter().map(Entry::new).collect();
        Self { secrets, scrub_all: OnceLock::new(), scrub_sealed: OnceLock::new() }
    }

    /// What code sees instead of a sealed secret.
    pub(crate) fn placeholder(&self, key: &SecretKey) -> Option<&str> {
        self.secrets.iter().find(|entry| entry.key == *key)?.placeholder.as_deref()
    }

    /// Finds sealed and revealed values: for everything that is kept or shown.
    pub(crate) fn scrub_all(&self) -> &Scrubber {
        self.scrub_all.get_or_init(|| Scrubber::new(self.secrets.iter().map(Entry::as_pair)))
    }

    /// Finds sealed values: for answers to the code, which knows the revealed ones.
    pub(crate) fn scrub_sealed(&self) -> &Scrubber {
        self.scrub_sealed.get_or_init(|| Scrubber::new(self.sealed().map(Entry::as_pair)))
    }

    /// Whether there are sealed secrets: then every answer must be readable, a value may come back from anywhere.
    pub(crate) fn has_sealed(&self) -> bool {
        self.sealed().next().is_some()
    }

    /// Whether the text holds a placeholder.
    pub(crate) fn has_placeholder(&self, text: &[u8]) -> bool {
        self.placeholders_in(text).next().is_some()
    }

    /// Whether the text holds a placeholder that must not go there.
    pub(crate) fn has_unbound(&self, text: &str, to: &Destination, method: &str) -> bool {
        let text = decoded_basic(text).map_or(Cow::Borrowed(text.as_bytes()), Cow::Owned);
        self.placeholders_in(&text).any(|(entry, _, _)| !entry.is_bound(to, method))
    }

    /// Refuses a text of the host's (a redirect target) that carries a sealed value to where it is not bound.
    pub(crate) fn check_echo(&self, text: &str, to: &Destination, method: &str) -> Result<(), FetchError> {
        for entry in self.sealed().filter(|entry| !entry.is_bound(to, method)) {
            if Scrubber::new(std::iter::once(entry.as_pair())).is_in(text.as_bytes()) {
                return Err(entry.unbound(to));
            }
        }
        Ok(())
    }

    /// Puts values in place of placeholders in a part of a URL or a header.
    pub(crate) fn fill_text(
        &self,
        text: &str,
        place: Place,
        to: &Destination,
        method: &str,
    ) -> Result<String, FetchError> {
        let filled = self.fill(text.as_bytes(), place, to, method, MAX_TEXT_BYTES)?;
        Ok(filled.map_or_else(|| text.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The same for a header value; `Basic` credentials are decoded for it and encoded again.
    pub(crate) fn fill_header(&self, value: &str, to: &Destination, method: &str) -> Result<String, FetchError> {
        let Some(credentials) = decoded_basic(value) else { return self.fill_text(value, Place::Header, to, method) };
        match self.fill(&credentials, Place::Header, to, method, MAX_TEXT_BYTES)? {
            None => Ok(value.to_owned()),
            Some(filled) => Ok(format!("Basic {}", STANDARD.encode(filled))),
        }
    }

    /// The same for a body, which must stay within `max_bytes`. None when there is nothing to put in.
    pub(crate) fn fill(
        &self,
        text: &[u8],
        place: Place,
        to: &Destination,
        method: &str,
        max_bytes: usize,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        let mut filled = Vec::new();
        let mut copied = 0;
        for (entry, start, end) in self.placeholders_in(text) {
            if !entry.is_bound(to, method) {
                return Err(entry.unbound(to));
            }
            filled.extend_from_slice(text.get(copied..start).unwrap_or_default());
            filled.extend_from_slice(entry.written(place)?.as_bytes());
            copied = end;
            if filled.len() > max_bytes {
                return Err(too_large(max_bytes));
            }
        }
        if copied == 0 {
            return Ok(None);
        }
        filled.extend_from_slice(text.get(copied..).unwrap_or_default());
        if filled.len() > max_bytes { Err(too_large(max_bytes)) } else { Ok(Some(filled)) }
    }

    fn sealed(&self) -> impl Iterator<Item = &Entry> {
        self.secrets.iter().filter(|entry| entry.placeholder.is_some())
    }

    fn placeholders_in<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (&'a Entry, usize, usize)> + 'a {
        let starts = self.has_sealed().then(|| memmem::find_iter(text, PLACEHOLDER_START)).into_iter().flatten();
        starts.filter_map(move |start| {
            let rest = text.get(start..)?;
            let is_here =
                |entry: &&Entry| entry.placeholder.as_ref().is_some_and(|token| rest.starts_with(token.as_bytes()));
            let entry = self.sealed().find(is_here)?;
            Some((entry, start, start + entry.placeholder.as_ref()?.len()))
        })
    }
}

impl Entry {
    fn new(secret: UnsealedSecret) -> Self {
        let placeholder = match secret.mode {
            SecretMode::Sealed => Some(format!("{PLACEHOLDER_START}{:032x}", rand::random::<u128>())),
            SecretMode::Revealed => None,
        };
        Self { key: secret.key, value: secret.value, placeholder, hosts: canonical_rules(&secret.hosts) }
    }

    fn as_pair(&self) -> (&SecretKey, &str) {
        (&self.key, self.value.expose_secret())
    }

    fn is_bound(&self, to: &Destination, method: &str) -> bool {
        self.hosts.iter().any(|rule| rule.allows(&to.host, to.port, method))
    }

    fn unbound(&self, to: &Destination) -> FetchError {
        let message = format!(
            "the secret {} may not be sent to {}: it is not bound to that host. An admin can bind it there in the \
             server's secrets; only send it where its value belongs",
            self.key,
            to.authority()
        );
        FetchError::denied(&to.host, to.port, message)
    }

    fn written(&self, place: Place) -> Result<Cow<'_, str>, FetchError> {
        let value = self.value.expose_secret();
        match place {
            Place::Path => Ok(utf8_percent_encode(value, &PATH_SEGMENT).into()),
            Place::Query | Place::FormBody => Ok(utf8_percent_encode(value, &COMPONENT).into()),
            Place::JsonBody => Ok(json_escaped(value).into()),
            Place::PlainBody => Ok(value.into()),
            Place::Header if value.chars().any(char::is_control) => Err(FetchError::new(
                FetchErrorKind::InvalidRequest,
                format!(
                    "the secret {} holds a line break or control character, which no header may; ask an admin to set it anew",
                    self.key
                ),
            )),
            Place::Header => Ok(value.into()),
        }
    }
}

fn too_large(max_bytes: usize) -> FetchError {
    FetchError::new(
        FetchErrorKind::TooLarge,
        format!(
            "a part of the request is larger than {} KiB with its secrets put in; send less at once",
            max_bytes / 1024
        ),
    )
}

/// `user:password` of a `Basic` header (RFC 7617).
fn decoded_basic(value: &str) -> Option<Vec<u8>> {
    let (scheme, credentials) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(credentials.trim()).ok())?
}
