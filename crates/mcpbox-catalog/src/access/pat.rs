//! Personal access tokens, for clients that send a header. A token is shown once and kept as a hash; whether it is valid is
//! looked up in memory, so that a revocation counts as soon as the change is known, on every replica.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::TokenId,
    name::ServerName,
    principal::{Principal, Scope},
    token::{AccessToken, TokenHash},
};
use mcpbox_store::tokens::{self, TOKENS_MAX};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{Catalog, CatalogError, Reviewer, change::Change, error::refused, session::new_token};

/// What every personal access token begins with.
pub const PREFIX: &str = "mcpb_pat_";
/// Longest name, characters.
const NAME_MAX_CHARS: usize = 60;
/// Scopes of one token.
const SCOPES_MAX: usize = 50;
/// The last use is written at most this often, so that calling does not write.
const WRITE_AFTER: TimeDelta = TimeDelta::minutes(1);

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for: 1 to 60 characters, unique.
    pub name: String,
    /// What it allows: one scope or more.
    pub scopes: Vec<Scope>,
    /// When it ends; none never ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token that was made.
#[derive(Debug)]
pub struct MadeToken {
    /// What the client sends. Only its hash is kept: it is never shown again.
    pub secret: SecretString,
    /// What is known of it.
    pub token: AccessToken,
}

/// Makes a token; its client acts for the human who makes it.
///
/// # Errors
/// `invalid_arguments` for a name, scopes or an end outside the rules, `conflict` when the name is taken.
pub async fn create(cat: &Arc<Catalog>, who: &Reviewer, new: NewToken) -> Result<MadeToken, CatalogError> {
    let mut change = Change::begin(cat, who.actor()).await?;
    super::check_may_let_in(&change, who.username()).await?;
    let token = AccessToken {
        id: TokenId::generate(),
        name: checked_name(&new.name)?,
        scopes: checked_scopes(cat, new.scopes)?,
        created_by: who.actor(),
        created_at: change.now,
        expires_at: checked_end(new.expires_at, change.now)?,
        last_used_at: None,
    };
    if tokens::count(&change.tx).await? >= TOKENS_MAX {
        return Err(refused(
            FailureKind::LimitReached,
            format!("there are {TOKENS_MAX} tokens, as many as there may be; revoke what nobody uses any more"),
        ));
    }
    let secret = SecretString::from(format!("{PREFIX}{}", new_token()?.expose_secret()));
    tokens::insert(&change.tx, &token, &TokenHash::of(secret.expose_secret())).await?;
    let scopes: Vec<String> = token.scopes.iter().map(ToString::to_string).collect();
    let detail = json!({"name": token.name, "scopes": scopes, "expires_at": token.expires_at});
    change.audit("token.create", format!("token:{}", token.id), detail).await?;
    change.touch_tokens();
    change.commit().await?;
    Ok(MadeToken { secret, token })
}

/// All tokens by name, those that ended too.
///
/// # Errors
/// The store cannot be read.
pub async fn list(cat: &Catalog) -> Result<Vec<AccessToken>, CatalogError> {
    let mut all: Vec<_> = tokens::all(&cat.store.reader()).await?.into_iter().map(|(_, token)| token).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// Revokes a token: the next request with it is refused, and its streams end.
///
/// # Errors
/// `not_found`.
pub async fn revoke(cat: &Arc<Catalog>, who: &Reviewer, id: TokenId) -> Result<(), CatalogError> {
    let mut change = Change::begin_withdrawing(cat, who.actor()).await?;
    let token = tokens::by_id(&change.tx, id).await?;
    let Some(token) = token else {
        return Err(refused(
            FailureKind::NotFound,
            format!("there is no token {id}; it may have been revoked already"),
        ));
    };
    tokens::delete(&change.tx, id).await?;
    change.audit("token.revoke", format!("token:{id}"), json!({"name": token.name})).await?;
    change.touch_tokens();
    change.commit().await
}

/// Whom a token stands for now; none when it is unknown, revoked or over. Notes that it was used.
pub fn principal_of(cat: &Arc<Catalog>, token: &str) -> Option<Principal> {
    if !token.starts_with(PREFIX) {
        return None;
    }
    let (snapshot, now) = (cat.snapshot(), cat.now());
    let token = snapshot.tokens().find(token).filter(|token| token.is_live(now))?;
    note_use(cat, token, now);
    Some(principal(token))
}

/// Whom the token with this id stands for now; none when it was revoked or is over.
pub fn principal_by_id(cat: &Catalog, id: TokenId) -> Option<Principal> {
    cat.snapshot().tokens().by_id(id).filter(|token| token.is_live(cat.now())).map(principal)
}

fn principal(token: &AccessToken) -> Principal {
    Principal::Remote {
        subject: token.created_by.name.clone(),
        client: Some(token.name.clone()),
        scopes: token.scopes.clone(),
    }
}

/// Tokens by hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens(Arc<HashMap<TokenHash, AccessToken>>);

impl Tokens {
    pub(crate) fn new(all: Vec<(TokenHash, AccessToken)>) -> Self {
        Self(Arc::new(all.into_iter().collect()))
    }

    fn find(&self, token: &str) -> Option<&AccessToken> {
        self.0.get(&TokenHash::of(token))
    }

    fn by_id(&self, id: TokenId) -> Option<&AccessToken> {
        self.0.values().find(|token| token.id == id)
    }
}

/// When uses were written last, by this process.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<TokenId, DateTime<Utc>>>);

impl Uses {
    /// Whether a use now is to be written, because none was for a while. Knows no more tokens than there are.
    fn is_news(&self, token: &AccessToken, now: DateTime<Utc>, is_there: impl Fn(TokenId) -> bool) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = written.get(&token.id).copied().max(token.last_used_at);
        if last.is_some_and(|last| now - last < WRITE_AFTER) {
            return false;
        }
        written.retain(|id, _| is_there(*id));
        written.insert(token.id, now);
        true
    }
}

/// Writes the use in the background; that it could not be written is logged and nothing else.
fn note_use(cat: &Arc<Catalog>, token: &AccessToken, now: DateTime<Utc>) {
    let snapshot = cat.snapshot();
    if !cat.token_uses.is_news(token, now, |id| snapshot.tokens().by_id(id).is_some()) {
        return;
    }
    let (store, news, id) = (cat.store.clone(), cat.records.news().clone(), token.id);
    cat.tasks.spawn(async move {
        let write = async {
            let tx = store.begin_log().await?;
            tokens::touch(&tx, id, now).await?;
            tx.commit().await
        };
        match write.await {
            Ok(()) => news.tell(vec![LiveEvent::AccessChanged]).await,
            Err(error) => tracing::warn!(%error, "the last use of a token could not be written"),
        }
    });
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    let is_fine = !name.is_empty() && name.chars().count() <= NAME_MAX_CHARS && !name.chars().any(char::is_control);
    if is_fine {
        return Ok(name.to_owned());
    }
    let message = format!("a token needs a name of 1 to {NAME_MAX_CHARS} characters, without control characters");
    Err(invalid("name", message).hint("say what it is for, such as 'laptop' or 'home assistant'"))
}

/// One scope or more, each once; a server must be there, or the token would open nothing.
fn checked_scopes(cat: &Catalog, scopes: Vec<Scope>) -> Result<Vec<Scope>, Failure> {
    let snapshot = cat.snapshot();
    let mut kept: Vec<Scope> = Vec::new();
    for scope in scopes {
        if let Some(server) = scope.server() {
            ServerName::parse(server).map_err(|error| invalid("scopes", error.to_string()))?;
            snapshot.find_server(server)?;
        }
        if !kept.contains(&scope) {
            kept.push(scope);
        }
    }
    if kept.is_empty() || kept.len() > SCOPES_MAX {
        let message = format!("a token needs 1 to {SCOPES_MAX} scopes");
        return Err(invalid("scopes", message)
            .hint("mcp:tools to call tools, mcp:author to write them, server:NAME for one server"));
    }
    Ok(kept)
}

/// A token that is over already helps nobody.
fn checked_end(end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Failure> {
    if end.is_none_or(|end| end > now) {
        return Ok(end);
    }
    Err(invalid("expires_at", "that is in the past".to_owned())
        .hint("give a time to come, or none for a token without end"))
}

fn invalid(argument: &str, message: String) -> Failure {
    Failure::new(FailureKind::InvalidArguments, message).argument(argument)
}
