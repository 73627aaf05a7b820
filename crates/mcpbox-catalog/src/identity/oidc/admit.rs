//! Who of the provider's accounts may come in, and which account here is theirs: made with the first login.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::UserId,
    oidc::Provider,
    principal::Actor,
    user::{Identity, Role, User},
};
use mcpbox_store::{identities, users};
use secrecy::SecretString;
use serde_json::json;

use super::{exchange::Said, in_use};
use crate::{
    Catalog, CatalogError, access,
    change::Change,
    error::refused,
    identity::{ceremony, people},
    session::{self, password},
};

/// Names tried for a new account.
const NAMES_MAX: u32 = 50;

/// The change in which this login is noted, and the account it is for: made with the first login.
pub(super) async fn admit(
    cat: &Arc<Catalog>,
    token: &SecretString,
    said: Said,
) -> Result<(Change, User), CatalogError> {
    let provider = in_use(cat).await?;
    check_admitted(&provider, &said)?;
    let mut change = Change::begin(cat, Actor::system("oidc")).await?;
    ceremony::take(&change.tx, token).await?;
    let known = identities::find(&change.tx, &said.issuer, &said.subject).await?;
    let role = provider.role(&said.groups);
    let user = match known {
        Some(identity) => {
            identities::note_use(&change.tx, &identity, said.email.as_deref().unwrap_or_default(), change.now).await?;
            let user = people::find(&change, identity.user_id).await?;
            follow_role(&mut change, user, role).await?
        }
        None => make(&mut change, &said, role.unwrap_or(Role::Viewer)).await?,
    };
    if user.is_disabled {
        return Err(refused(FailureKind::Forbidden, "this account was disabled; ask an admin"));
    }
    change.actor = Actor::admin(&user.username);
    Ok((change, user))
}

/// Gives the role that the provider says, where it decides. The last admin stays one.
async fn follow_role(change: &mut Change, user: User, role: Option<Role>) -> Result<User, CatalogError> {
    let Some(role) = role.filter(|role| *role != user.role) else { return Ok(user) };
    if role < Role::Admin && people::keep_an_admin(change, &user).await.is_err() {
        tracing::warn!("the OpenID provider says less of the last admin than admin; the role stays");
        return Ok(user);
    }
    users::update_rights(&change.tx, user.id, role, user.is_disabled).await?;
    let after = User { role, ..user.clone() };
    if role < user.role {
        session::end_all(change, user.id).await?;
    }
    if !after.may_let_in() {
        access::withdraw_of(change, &after.username).await?;
    }
    let detail = json!({"username": user.username, "role": role, "by": "oidc"});
    change.audit("user.change", format!("user:{}", user.id), detail).await?;
    Ok(after)
}

/// Makes the account of a first login, under a name that nobody has.
async fn make(change: &mut Change, said: &Said, role: Role) -> Result<User, CatalogError> {
    let wished = said.name.as_deref().or(said.email.as_deref()).unwrap_or(&said.subject);
    let base = wished.chars().take(60).collect::<String>();
    let base = password::check_username(&base).unwrap_or_else(|_| "somebody".to_owned());
    let mut username = base.clone();
    for number in 2..NAMES_MAX {
        if users::by_username(&change.tx, &username).await?.is_none() {
            break;
        }
        username = format!("{base}-{number}");
    }
    let (created_at, password_changed_at) = (change.now, change.now);
    let (id, password_hash, is_disabled) = (UserId::generate(), None, false);
    let user = User { id, username, password_hash, role, is_disabled, created_at, password_changed_at };
    users::insert(&change.tx, &user).await?;
    identities::insert(&change.tx, &identity(said, user.id, change)).await?;
    let detail = json!({"username": user.username, "role": role, "issuer": said.issuer, "subject": said.subject});
    change.audit("user.create", format!("user:{}", user.id), detail).await?;
    Ok(user)
}

pub(super) fn identity(said: &Said, user_id: UserId, change: &Change) -> Identity {
    Identity {
        issuer: said.issuer.clone(),
        subject: said.subject.clone(),
        user_id,
        email: said.email.clone().unwrap_or_default(),
        created_at: change.now,
        last_used_at: change.now,
    }
}

pub(super) fn check_admitted(provider: &Provider, said: &Said) -> Result<(), CatalogError> {
    if provider.admits(said.email.as_deref(), &said.groups) {
        return Ok(());
    }
    tracing::warn!("somebody whom the OpenID provider knows is not on the list of who may come in");
    let failure =
        Failure::new(FailureKind::Forbidden, "the provider knows you, but you are not on the list of who may come in");
    Err(failure.hint("ask an admin to add your verified e-mail address or one of your groups on the page Users").into())
}
