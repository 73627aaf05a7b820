//! Logging in to a source, which only an admin does: it shows what must be contacted, sends them to log in, and takes the tokens
//! of who comes back. What goes wrong is kept with the source, where its page says it.

mod begin;
mod document;

use std::{sync::Arc, time::Duration};

use mcpbox_core::{
    failure::FailureKind,
    ids::{SourceId, UserId},
    principal::Actor,
    server::Server,
    source::ExternalSource,
    source_login::{Issued, LoginAnswer, LoginError, LoginFacts, LoginState, SourceLogins},
    user::{CeremonyKind, Role},
};
use mcpbox_store::{source_logins, sources, users};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;
use tokio::time::timeout;

pub use self::{
    begin::{BeginLogin, LoginBegun, begin_login},
    document::{CLIENT_DOCUMENT, client_document},
};
use super::{find, tokens};
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused, expiry, identity::ceremony};

/// Where people are sent back to on the admin page.
const CALLBACK: &str = "api/sources/login/callback";

/// How long a logout waits for a renewal under way.
const TURN: Duration = Duration::from_secs(5);

/// What is remembered until somebody is back.
#[derive(Serialize, Deserialize)]
struct Errand {
    source: SourceId,
    state: String,
    pending: String,
    origins: Vec<String>,
}

/// What somebody came back with: an answer, or the words in which they were refused.
pub type LoginReturn = Result<LoginAnswer, (String, String)>;

/// Takes the tokens of who came back; gives the server whose page says how it went.
///
/// # Errors
/// `Unauthenticated` when it did not begin in this browser, or took too long.
pub async fn finish_login(
    cat: &Arc<Catalog>,
    token: &SecretString,
    state: &str,
    back: LoginReturn,
) -> Result<String, CatalogError> {
    let (user, errand): (_, Errand) = ceremony::find(cat, CeremonyKind::SourceLogin, token).await?;
    let is_same: bool = errand.state.as_bytes().ct_eq(state.as_bytes()).into();
    if !is_same {
        return Err(astray());
    }
    let by = admin_of(cat, user).await?;
    let source = sources::by_id(&cat.store.reader(), errand.source).await?;
    let source = source.ok_or_else(|| refused(FailureKind::NotFound, "the source was deleted meanwhile"))?;
    let server = cat.snapshot().server_by_id(source.server_id).cloned();
    let server = server.ok_or_else(|| refused(FailureKind::NotFound, "its server was deleted meanwhile"))?;
    // Of two answers one wins, before anything is asked with it.
    let tx = cat.store.begin().await?;
    ceremony::take(&tx, token).await?;
    tx.commit().await?;
    let given = match back {
        Ok(answer) => given(cat, (&server, &source), &errand.pending, answer).await,
        Err((code, words)) => Err(LoginError::Refused(format!("it was refused there: {}", told(&code, &words)))),
    };
    match given {
        Ok(issued) => keep(cat, &source, by, errand.origins, &issued).await?,
        Err(error) => note(cat, &source, by, error.to_string()).await?,
    }
    Ok(server.name.to_string())
}

/// Forgets the tokens of a source, and has them taken back where they were given, as far as that goes: how it went is in the audit.
///
/// # Errors
/// `not_found`.
pub async fn end_login(cat: &Arc<Catalog>, admin: &Admin, id: SourceId) -> Result<(), CatalogError> {
    let source = sources::by_id(&cat.store.reader(), id).await?;
    let source = source.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no source {id}")))?;
    if !log_out(cat, admin.actor(), &source).await? {
        return Err(refused(FailureKind::NotFound, format!("nobody is logged in to the source '{}'", source.name)));
    }
    Ok(())
}

/// Logs out of a source, for whoever may do that or delete it. False when nobody was logged in.
pub(super) async fn log_out(cat: &Arc<Catalog>, actor: Actor, source: &ExternalSource) -> Result<bool, CatalogError> {
    let id = source.id;
    // What a renewal under way brings would be taken back by nobody; but a logout waits for it only so long.
    let turn = cat.logins.turn(id);
    let _turn = timeout(TURN, turn.lock()).await;
    let login = tokens::current(cat, id).await;
    let mut change = Change::begin_withdrawing(cat, actor.clone()).await?;
    if !source_logins::delete(&change.tx, id).await? {
        return Ok(false);
    }
    change.audit("source.logout", format!("source:{id}"), json!({"source": source.name})).await?;
    change.touch_server(source.server_id);
    change.commit().await?;
    cat.logins.forget(id);
    if let Some(client) = cat.sources.get() {
        client.forget(id);
    }
    let sealed = login.map(|login| login.and_then(|login| login.tokens)).transpose();
    if let Some(sealed) = sealed
        && let Err(error) = take_back(cat, actor, source, sealed).await
    {
        tracing::warn!(source.id = %id, %error, "how the tokens of a login were taken back is not in the audit");
    }
    Ok(true)
}

/// Has tokens taken back that were forgotten here. Whoever may not be reached any more is not asked.
async fn take_back(
    cat: &Arc<Catalog>,
    actor: Actor,
    source: &ExternalSource,
    sealed: Result<SecretString, CatalogError>,
) -> Result<(), CatalogError> {
    let asked = async {
        let server = cat.snapshot().server_by_id(source.server_id).cloned();
        let server = server.ok_or_else(|| refused(FailureKind::NotFound, "its server was deleted meanwhile"))?;
        expiry::enforce(cat).await?;
        find::check_granted(cat, &server, source).await?;
        let kept = tokens::Tokens::read(&sealed?)?.kept();
        let revoked = logins(cat)?.revoke(kept).await;
        revoked.map_err(|error| refused(FailureKind::Unavailable, error.to_string()))
    };
    let (is_revoked, why) = match asked.await {
        Ok(true) => (true, None),
        Ok(false) => (false, Some("nobody takes tokens back there".to_owned())),
        Err(error) => (false, Some(error.into_failure().message)),
    };
    let mut change = Change::begin_withdrawing(cat, actor).await?;
    let detail = json!({"source": source.name, "revoked": is_revoked, "why": why});
    change.audit("source.logout.revoke", format!("source:{}", source.id), detail).await?;
    change.commit().await
}

/// What speaks to authorization servers.
pub(super) fn logins(cat: &Catalog) -> Result<&dyn SourceLogins, CatalogError> {
    let none = || refused(FailureKind::Unavailable, "this process logs in to no sources");
    super::client(cat)?.logins().ok_or_else(none)
}

fn astray() -> CatalogError {
    CatalogError::Unauthenticated("this answer does not belong to a login that began in this browser".to_owned())
}

/// Words of the other side, fit to be shown.
fn told(code: &str, words: &str) -> String {
    let text = if words.is_empty() { code.to_owned() } else { format!("{code} ({words})") };
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// Who began it must still be an admin.
async fn admin_of(cat: &Catalog, user: Option<UserId>) -> Result<String, CatalogError> {
    let user = users::by_id(&cat.store.reader(), user.ok_or_else(astray)?).await?;
    let admin = user.filter(|user| !user.is_disabled && user.role == Role::Admin);
    Ok(admin.ok_or_else(astray)?.username)
}

async fn given(
    cat: &Arc<Catalog>,
    (server, source): (&Server, &ExternalSource),
    pending: &str,
    answer: LoginAnswer,
) -> Result<Issued, LoginError> {
    let failed = |error: CatalogError| LoginError::Failed(error.into_failure().message);
    expiry::enforce(cat).await.map_err(failed)?;
    find::check_granted(cat, server, source).await.map_err(failed)?;
    let pending = SecretString::from(pending);
    logins(cat).map_err(failed)?.finish(pending, answer).await
}

async fn keep(
    cat: &Arc<Catalog>,
    source: &ExternalSource,
    by: String,
    origins: Vec<String>,
    issued: &Issued,
) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, Actor::admin(&by)).await?;
    let facts = LoginFacts {
        state: LoginState::Active,
        issuer: issued.issuer.clone(),
        origins,
        scopes: issued.scopes.clone(),
        by,
        at: change.now,
        expires_at: issued.expires_at,
        is_renewable: issued.is_renewable,
        renewed_at: None,
        trouble: None,
        failed_at: None,
    };
    let sealed = tokens::Tokens::of(issued).write()?;
    source_logins::put(&change.tx, source.id, &facts, Some(&sealed), change.now).await?;
    let detail =
        json!({"source": source.name, "issuer": facts.issuer, "scopes": facts.scopes, "origins": facts.origins});
    change.audit("source.login", format!("source:{}", source.id), detail).await?;
    change.touch_server(source.server_id);
    change.commit().await?;
    cat.logins.forget(source.id);
    super::client(cat)?.forget(source.id);
    Ok(())
}

/// Keeps why nobody got in, beside the login that is there.
async fn note(cat: &Arc<Catalog>, source: &ExternalSource, by: String, why: String) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, Actor::admin(&by)).await?;
    match source_logins::load(&change.tx, source.id).await? {
        Some(login) => {
            let facts = LoginFacts { trouble: Some(why.clone()), ..login.facts };
            source_logins::set_facts(&change.tx, source.id, login.generation, &facts, change.now).await?;
        }
        None => {
            let facts = LoginFacts {
                state: LoginState::Needed,
                issuer: String::new(),
                origins: Vec::new(),
                scopes: Vec::new(),
                by,
                at: change.now,
                expires_at: None,
                is_renewable: false,
                renewed_at: None,
                trouble: Some(why.clone()),
                failed_at: None,
            };
            source_logins::put(&change.tx, source.id, &facts, None, change.now).await?;
        }
    }
    let detail = json!({"source": source.name, "why": why});
    change.audit("source.login.fail", format!("source:{}", source.id), detail).await?;
    change.touch_server(source.server_id);
    change.commit().await
}
