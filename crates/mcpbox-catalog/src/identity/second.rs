//! The second factor: asked for after a right password, answered with a one-time code, a recovery code or a passkey.

use std::sync::Arc;

use mcpbox_core::{
    failure::FailureKind,
    ids::UserId,
    user::{CeremonyKind, User},
};
use mcpbox_store::{code_apps, passkeys, users};
use secrecy::SecretString;
use serde_json::Value;

use super::{Person, Site, ceremony, codes, passkeys as keys};
use crate::{
    Catalog, CatalogError,
    change::Change,
    error::refused,
    session::{self, LoginOrigin, NewSession},
};

/// What is wanted beside the password.
#[derive(Debug)]
pub struct SecondFactor {
    /// Goes along with the answer.
    pub token: SecretString,
    /// Whether a one-time code answers. A recovery code always does while there is one.
    pub takes_code: bool,
    /// What the browser needs to ask for a passkey; none when no passkey of the account is for this page.
    pub passkey: Option<Value>,
}

/// An answer.
#[derive(Debug)]
pub enum Proof {
    /// The code of an app, or a recovery code.
    Code(SecretString),
    /// What the browser said about a passkey.
    Passkey(Value),
}

/// Whether an account has one.
pub(crate) async fn has_second_factor(cat: &Catalog, user: UserId) -> Result<bool, CatalogError> {
    let reader = cat.store.reader();
    Ok(code_apps::is_there(&reader, user).await? || passkeys::count(&reader, user).await? > 0)
}

/// Asks for one, if the account has any.
pub(crate) async fn ask_second_factor(
    cat: &Arc<Catalog>,
    user: &User,
    site: Option<&Site>,
) -> Result<Option<SecondFactor>, CatalogError> {
    if !has_second_factor(cat, user.id).await? {
        return Ok(None);
    }
    let challenge = match site {
        Some(site) => keys::challenge(cat, site, user.id).await?,
        None => None,
    };
    let (options, state) = challenge.unzip();
    let token = ceremony::begin(cat, CeremonyKind::SecondFactor, Some(user.id), &state).await?;
    let takes_code = code_apps::is_there(&cat.store.reader(), user.id).await?;
    Ok(Some(SecondFactor { token, takes_code, passkey: options }))
}

/// Logs in with the second factor.
///
/// # Errors
/// `Unauthenticated` for a wrong answer, and when the token ended.
pub async fn answer_second_factor(
    cat: &Arc<Catalog>,
    token: &SecretString,
    proof: Proof,
    site: Option<&Site>,
    origin: LoginOrigin,
) -> Result<NewSession, CatalogError> {
    let (mut change, user, how) = prove(cat, token, proof, site).await?;
    let opened = session::open_in(&mut change, &user, origin, how).await?;
    change.commit().await?;
    Ok(opened)
}

/// Checks an answer; gives the change in which its code or passkey is used up.
async fn prove(
    cat: &Arc<Catalog>,
    token: &SecretString,
    proof: Proof,
    site: Option<&Site>,
) -> Result<(Change, User, &'static str), CatalogError> {
    let (user_id, state): (_, Option<Value>) = ceremony::find(cat, CeremonyKind::SecondFactor, token).await?;
    let user = match user_id {
        Some(id) => users::by_id(&cat.store.reader(), id).await?.filter(|user| !user.is_disabled),
        None => None,
    };
    let user = user.ok_or_else(|| CatalogError::Unauthenticated("begin again".to_owned()))?;
    let proven = match proof {
        Proof::Code(code) => codes::change_with_code(cat, &user, &code).await.map(|change| (change, "password, code")),
        Proof::Passkey(said) => {
            let (Some(site), Some(state)) = (site, state) else {
                return Err(refused(FailureKind::InvalidArguments, "no passkey was asked for; answer with a code"));
            };
            keys::change_with_passkey(cat, site, &user, state, &said).await.map(|change| (change, "password, passkey"))
        }
    };
    let (change, how) = match proven {
        Ok(proven) => proven,
        Err(error) => {
            ceremony::failed(cat, token).await?;
            return Err(error);
        }
    };
    ceremony::take(&change.tx, token).await?;
    Ok((change, user, how))
}

/// Who knows this password and has the code, for the gateway. Accounts with passkeys alone use the OpenID provider or the approval
/// on the admin page there.
///
/// # Errors
/// `Unauthenticated` when something is wrong; refused when a code is missing.
pub(crate) async fn person_from_password(
    cat: &Arc<Catalog>,
    username: &str,
    password: &SecretString,
    code: Option<&SecretString>,
) -> Result<Person, CatalogError> {
    let _place = session::password::take_guest_place(cat)?;
    let proven = session::signed_in_from_password(cat, username, password, code).await?;
    Ok(Person { user_id: proven.user_id(), username: proven.username().to_owned(), role: proven.role() })
}
