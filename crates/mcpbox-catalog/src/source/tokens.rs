//! The tokens of logins: whatever reaches a source takes them from here, as they are now. One that has expired, or that the
//! source did not take, is renewed first: by one process of all at a time, in a task that nobody's impatience ends, and what
//! was given stays in memory until it is written.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    execute::BoxFuture,
    failure::{Failure, FailureKind},
    ids::SourceId,
    source_login::{AccessTokens, Issued, LoginFacts, LoginState},
};
use mcpbox_store::source_logins::{self, StoredLogin};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::renew::{self, Renewal};
use crate::{Catalog, CatalogError};

/// A token is renewed when it lasts no longer than this, or than half its life.
const MARGIN: TimeDelta = TimeDelta::seconds(60);
/// Tokens that are younger are not renewed because a source does not take them: it would take no other either.
const YOUNG: TimeDelta = TimeDelta::seconds(10);
/// Longest wait for a renewal, whoever does it.
const WAIT: Duration = Duration::from_secs(45);
/// Between two looks whether another process is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Logins of this process.
#[derive(Default)]
pub(crate) struct Logins {
    pub(super) cat: OnceLock<Weak<Catalog>>,
    /// One renewal at a time for each.
    turns: Mutex<HashMap<SourceId, Arc<tokio::sync::Mutex<()>>>>,
    /// What was given and is not written yet.
    unsaved: Mutex<HashMap<SourceId, StoredLogin>>,
}

impl Logins {
    pub(super) fn turn(&self, source: SourceId) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(source).or_default())
    }

    pub(super) fn keep_unsaved(&self, source: SourceId, login: StoredLogin) {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).insert(source, login);
    }

    /// Forgets what is not written: it was, or another login took its place.
    pub(super) fn forget(&self, source: SourceId) {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
    }

    fn unsaved(&self, source: SourceId) -> Option<StoredLogin> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).get(&source).cloned()
    }
}

/// What is sealed: the token for the source, and what renews it.
#[derive(Serialize, Deserialize)]
pub(super) struct Tokens {
    token: String,
    kept: String,
}

impl Tokens {
    pub(super) fn of(issued: &Issued) -> Self {
        Self { token: issued.token.expose_secret().to_owned(), kept: issued.kept.expose_secret().to_owned() }
    }

    pub(super) fn read(sealed: &SecretString) -> Result<Self, CatalogError> {
        serde_json::from_str(sealed.expose_secret()).map_err(CatalogError::internal)
    }

    pub(super) fn write(&self) -> Result<SecretString, CatalogError> {
        serde_json::to_string(self).map(SecretString::from).map_err(CatalogError::internal)
    }

    pub(super) fn kept(&self) -> SecretString {
        SecretString::from(self.kept.as_str())
    }
}

/// The login as it is now, written or not.
pub(super) async fn current(cat: &Catalog, source: SourceId) -> Result<Option<StoredLogin>, CatalogError> {
    let stored = source_logins::load(&cat.store.reader(), source).await?;
    let unsaved = cat.logins.unsaved(source);
    Ok(match (stored, unsaved) {
        (Some(stored), Some(unsaved)) if unsaved.generation > stored.generation => Some(unsaved),
        (stored, _) => stored,
    })
}

/// Where the token of one source comes from.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) cat: Weak<Catalog>,
    pub(super) source: SourceId,
    pub(super) name: String,
    /// Where a human logs in.
    pub(super) page: String,
    pub(super) since: DateTime<Utc>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("source", &self.source).field("since", &self.since).finish_non_exhaustive()
    }
}

impl AccessTokens for Access {
    fn current(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        Box::pin(self.usable(None))
    }

    fn since(&self) -> DateTime<Utc> {
        self.since
    }

    fn instead_of<'a>(&'a self, refused: &'a SecretString) -> BoxFuture<'a, Result<SecretString, Failure>> {
        Box::pin(self.usable(Some(refused)))
    }
}

impl Access {
    async fn usable(&self, refused: Option<&SecretString>) -> Result<SecretString, Failure> {
        let ended = || Failure::new(FailureKind::Unavailable, "this MCPbox is stopping");
        let cat = self.cat.upgrade().ok_or_else(ended)?;
        let deadline = Instant::now() + WAIT;
        loop {
            let login = current(&cat, self.source).await.map_err(CatalogError::into_failure)?;
            let Some(login) = login else { return Err(needed(&self.name, &self.page, None)) };
            let Some(sealed) = &login.tokens else { return Err(needed(&self.name, &self.page, None)) };
            if login.facts.state != LoginState::Active {
                return Err(needed(&self.name, &self.page, Some(&login.facts)));
            }
            let token = SecretString::from(Tokens::read(sealed).map_err(CatalogError::into_failure)?.token);
            let is_refused = refused.is_some_and(|refused| refused.expose_secret() == token.expose_secret());
            let now = cat.clock.now();
            let lasts = |more: TimeDelta| login.facts.expires_at.is_none_or(|at| now + more < at);
            if !is_refused && (lasts(margin(&login.facts)) || (!login.facts.is_renewable && lasts(TimeDelta::zero()))) {
                return Ok(token);
            }
            if is_refused && now < login.facts.renewed_at.unwrap_or(login.facts.at) + YOUNG {
                return Err(not_taken(&self.name));
            }
            match renew::renew(&cat, self.source, login.clone()).await {
                Ok(Renewal::Done) => {}
                Ok(Renewal::Elsewhere) if Instant::now() < deadline => sleep(LOOK_AGAIN).await,
                Ok(Renewal::Elsewhere) => return Err(not_renewed(&self.name, "another process is not done with it")),
                // What still lasts is good enough until it is tried again.
                Ok(Renewal::Failed(_)) if !is_refused && lasts(TimeDelta::zero()) => return Ok(token),
                Ok(Renewal::Failed(why)) => return Err(not_renewed(&self.name, &why)),
                Err(error) => return Err(error.into_failure()),
            }
        }
    }
}

/// How long before its end a token is renewed.
fn margin(facts: &LoginFacts) -> TimeDelta {
    let given = facts.renewed_at.unwrap_or(facts.at);
    facts.expires_at.map_or(MARGIN, |end| ((end - given) / 2).min(MARGIN))
}

/// Nobody is logged in, or not any more.
pub(super) fn needed(name: &str, page: &str, facts: Option<&LoginFacts>) -> Failure {
    let message = match facts {
        Some(facts) if facts.state == LoginState::Ended => {
            let why = facts.trouble.as_deref().unwrap_or("its tokens are not taken any more");
            format!("the login of the source '{name}' expired or was revoked: {why}")
        }
        _ => format!("nobody has logged in to the source '{name}' yet"),
    };
    Failure::new(FailureKind::SecretMissing, message)
        .hint(format!("ask the human to log in at {page}; nobody else can, and never ask for a token in the chat"))
        .human(page)
}

fn not_renewed(name: &str, why: &str) -> Failure {
    let message = format!("the login of the source '{name}' could not be renewed: {why}");
    Failure::new(FailureKind::Unavailable, message).hint("nothing was called; try again in a minute")
}

fn not_taken(name: &str) -> Failure {
    let message = format!("the source '{name}' does not take the token that was given for it just now");
    Failure::new(FailureKind::Unavailable, message)
        .hint("nothing was called; a human must look at that server, or at what the account there may do")
}
