//! Principals seen lately, so that a call does not wait for the database. Whatever changes access empties it, here and, by the outbox,
//! in other processes; there it is also kept only for a second, should that news be late.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{principal::Principal, token::TokenHash};

/// How long a principal is known without asking, when nobody else can change access.
pub(super) const ALONE: TimeDelta = TimeDelta::seconds(60);
/// The same, when other processes share the database.
pub(super) const SHARED: TimeDelta = TimeDelta::milliseconds(800);
/// Tokens remembered; then all are forgotten.
const KNOWN_MAX: usize = 4_096;

/// A token that was looked up.
pub(super) struct Known {
    pub(super) principal: Principal,
    pub(super) good_until: DateTime<Utc>,
}

/// See the module; and what tokens must be meant for.
#[derive(Default)]
pub(crate) struct Access {
    resource: OnceLock<String>,
    known: Mutex<HashMap<TokenHash, Known>>,
    /// Counts how often access changed: what was read before that is not remembered.
    changes: AtomicU64,
}

impl Access {
    /// What tokens must be meant for: the address of the endpoint. Can be said once.
    pub(crate) fn serve(&self, resource: String) {
        let _first = self.resource.set(resource);
    }

    /// What tokens must be meant for; none when this process serves no remote clients.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.get().map(String::as_str)
    }

    /// The one address by which this server is known to clients; empty when it serves no remote ones.
    pub(crate) fn issuer(&self) -> &str {
        self.resource().and_then(|resource| resource.strip_suffix("/mcp")).unwrap_or_default()
    }

    /// Forgets all tokens: one of them may have been revoked.
    pub(crate) fn forget(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.table().clear();
    }

    pub(super) fn turn(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    pub(super) fn known(&self, hash: &TokenHash, now: DateTime<Utc>) -> Option<Principal> {
        self.table().get(hash).filter(|known| now < known.good_until).map(|known| known.principal.clone())
    }

    /// Remembers what was looked up since `turn`.
    pub(super) fn remember(&self, turn: u64, hash: TokenHash, known: Known) {
        let mut table = self.table();
        if self.turn() != turn {
            return;
        }
        if table.len() >= KNOWN_MAX {
            table.clear();
        }
        table.insert(hash, known);
    }

    fn table(&self) -> MutexGuard<'_, HashMap<TokenHash, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_access_changed_is_not_remembered() {
        let access = Access::default();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let known = || Known { principal: Principal::Local { client: None }, good_until: now + ALONE };
        let hash = TokenHash::of("mcpb_at_x");
        access.remember(access.turn(), hash.clone(), known());
        assert!(access.known(&hash, now).is_some() && access.known(&hash, now + ALONE).is_none());
        let turn = access.turn();
        access.forget();
        assert!(access.known(&hash, now).is_none());
        access.remember(turn, hash.clone(), known());
        assert!(access.known(&hash, now).is_none(), "the revocation came between");
    }
}
