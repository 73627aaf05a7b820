//! Passkeys ([WebAuthn](https://www.w3.org/TR/webauthn-3/)): made on the account page, used as second factor or instead of name
//! and password. Each is bound to the host name of the page it was made on.

mod site;

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{PasskeyId, UserId},
    user::{CeremonyKind, Passkey, User},
};
use mcpbox_store::{passkeys, users};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as Credential, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid,
};

pub use self::site::Site;
use super::{ceremony, codes};
use crate::{
    Catalog, CatalogError, SignedIn,
    change::Change,
    error::refused,
    session::{self, LoginOrigin, NewSession},
    text,
};

/// Passkeys an account may have.
const PASSKEYS_MAX: u64 = 20;

/// A passkey as it is kept: which host it is for, and the library's own record.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) host: String,
    key: Credential,
}

/// What the browser needs to make a passkey.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyEnrolment {
    /// Goes along with what the browser made.
    pub token: String,
    /// For `navigator.credentials.create`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Value,
}

/// What the browser needs to log in with a passkey.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyLogin {
    /// Goes along with what the browser says.
    pub token: String,
    /// For `navigator.credentials.get`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Value,
}

/// Begins to make a passkey.
///
/// # Errors
/// A wrong password; refused with 20 passkeys.
pub async fn start_passkey(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    password: &SecretString,
    site: &Site,
) -> Result<PasskeyEnrolment, CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    let known = passkeys::by_user(&cat.store.reader(), who.user_id()).await?;
    let ids = known.iter().filter_map(|passkey| kept(passkey).ok()).map(|kept| kept.key.cred_id().clone()).collect();
    let (options, state) = site
        .webauthn()?
        .start_passkey_registration(who.user_id().0, who.username(), who.username(), Some(ids))
        .map_err(CatalogError::internal)?;
    let token = ceremony::begin(cat, CeremonyKind::PasskeyEnrolment, Some(who.user_id()), &state).await?;
    let mut options = serde_json::to_value(&options.public_key).map_err(CatalogError::internal)?;
    if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
        // Kept by the authenticator where it can, so that it is enough without a name.
        selection.insert("residentKey".to_owned(), json!("preferred"));
    }
    Ok(PasskeyEnrolment { token: token.expose_secret().to_owned(), options })
}

/// Takes a passkey into use; gives recovery codes when it is the first second factor.
///
/// # Errors
/// What the browser made does not fit, or is known already.
pub async fn finish_passkey(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    site: &Site,
    token: &SecretString,
    (name, made): (&str, &Value),
) -> Result<Vec<String>, CatalogError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || text::marked(name).is_some() {
        return Err(refused(FailureKind::InvalidArguments, "the name of a passkey has 1 to 64 visible characters"));
    }
    let (user_id, state): (_, PasskeyRegistration) = ceremony::find(cat, CeremonyKind::PasskeyEnrolment, token).await?;
    if user_id != Some(who.user_id()) {
        return Err(unfit());
    }
    let made = RegisterPublicKeyCredential::deserialize(made).map_err(|_| unfit())?;
    let key = site.webauthn()?.finish_passkey_registration(&made, &state).map_err(|error| {
        tracing::warn!(error = %error, "a passkey was not accepted");
        unfit()
    })?;
    let mut change = Change::begin(cat, who.actor()).await?;
    ceremony::take(&change.tx, token).await?;
    if passkeys::count(&change.tx, who.user_id()).await? >= PASSKEYS_MAX {
        let message = format!("an account has at most {PASSKEYS_MAX} passkeys; remove one that you no longer use");
        return Err(refused(FailureKind::LimitReached, message));
    }
    let credential_id = encoded(key.cred_id().as_ref());
    let credential = stored(&Kept { host: site.host.clone(), key })?;
    let (id, user_id, name) = (PasskeyId::generate(), who.user_id(), name.to_owned());
    let passkey = Passkey { id, user_id, credential_id, name, credential, created_at: change.now, last_used_at: None };
    passkeys::insert(&change.tx, &passkey).await?;
    let has_codes = mcpbox_store::code_apps::count_recovery(&change.tx, user_id).await? > 0;
    let codes = if has_codes { Vec::new() } else { codes::new_recovery_codes(&change, who).await? };
    let detail = json!({"passkey": id, "name": passkey.name, "host": site.host});
    change.audit("user.passkey.add", format!("user:{user_id}"), detail).await?;
    change.commit().await?;
    Ok(codes)
}

/// Removes a passkey; with the last second factor the recovery codes go as well.
///
/// # Errors
/// A wrong password; `not_found`.
pub async fn remove_passkey(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    password: &SecretString,
    id: PasskeyId,
) -> Result<(), CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    let mut change = Change::begin(cat, who.actor()).await?;
    if !passkeys::delete(&change.tx, who.user_id(), id).await? {
        return Err(refused(FailureKind::NotFound, "you have no such passkey; it may be removed already"));
    }
    let has_others = passkeys::count(&change.tx, who.user_id()).await? > 0
        || mcpbox_store::code_apps::is_there(&change.tx, who.user_id()).await?;
    if !has_others {
        mcpbox_store::code_apps::put_recovery(&change.tx, who.user_id(), &[]).await?;
    }
    change.audit("user.passkey.remove", format!("user:{}", who.user_id()), json!({"passkey": id})).await?;
    change.commit().await
}

/// Asks for a passkey of anybody.
///
/// # Errors
/// The store cannot be written.
pub async fn start_passkey_login(cat: &Arc<Catalog>, site: &Site) -> Result<PasskeyLogin, CatalogError> {
    let (options, state) = site.webauthn()?.start_discoverable_authentication().map_err(CatalogError::internal)?;
    let token = ceremony::begin(cat, CeremonyKind::PasskeyLogin, None, &state).await?;
    let options = serde_json::to_value(&options.public_key).map_err(CatalogError::internal)?;
    Ok(PasskeyLogin { token: token.expose_secret().to_owned(), options })
}

/// Logs in with a passkey alone: the authenticator verified its user, so it is both factors.
///
/// # Errors
/// `Unauthenticated` when it is unknown or does not fit.
pub async fn finish_passkey_login(
    cat: &Arc<Catalog>,
    site: &Site,
    token: &SecretString,
    said: &Value,
    origin: LoginOrigin,
) -> Result<NewSession, CatalogError> {
    let (_, state): (_, DiscoverableAuthentication) = ceremony::find(cat, CeremonyKind::PasskeyLogin, token).await?;
    let said = PublicKeyCredential::deserialize(said).map_err(|_| unknown())?;
    let webauthn = site.webauthn()?;
    let (user_id, credential): (Uuid, _) =
        webauthn.identify_discoverable_authentication(&said).map_err(|_| unknown())?;
    let reader = cat.store.reader();
    let user = users::by_id(&reader, UserId(user_id)).await?.filter(|user| !user.is_disabled).ok_or_else(unknown)?;
    let mine = of_site(cat, site, user.id).await?;
    let named = mine.iter().find(|(_, kept)| kept.key.cred_id().as_slice() == credential);
    let (_, Kept { key, .. }) = named.ok_or_else(unknown)?;
    let result = match webauthn.finish_discoverable_authentication_v2(&said, state, key) {
        Ok(result) => result,
        Err(error) => {
            tracing::warn!(error = %error, "a passkey was refused");
            ceremony::failed(cat, token).await?;
            return Err(unknown());
        }
    };
    let mut change = Change::begin(cat, mcpbox_core::principal::Actor::admin(&user.username)).await?;
    ceremony::take(&change.tx, token).await?;
    note_use(&change, mine, &result).await?;
    let opened = session::open_in(&mut change, &user, origin, "passkey").await?;
    change.commit().await?;
    Ok(opened)
}

/// Options and state to ask for one of an account's passkeys of this site; none when it has none.
pub(super) async fn challenge(
    cat: &Catalog,
    site: &Site,
    user: UserId,
) -> Result<Option<(Value, Value)>, CatalogError> {
    let keys: Vec<Credential> = of_site(cat, site, user).await?.into_iter().map(|(_, kept)| kept.key).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let (options, state) = site.webauthn()?.start_passkey_authentication(&keys).map_err(CatalogError::internal)?;
    let options = serde_json::to_value(&options.public_key).map_err(CatalogError::internal)?;
    Ok(Some((options, serde_json::to_value(&state).map_err(CatalogError::internal)?)))
}

/// The change in which this use of a passkey is noted.
pub(super) async fn change_with_passkey(
    cat: &Arc<Catalog>,
    site: &Site,
    user: &User,
    state: Value,
    said: &Value,
) -> Result<Change, CatalogError> {
    let state: PasskeyAuthentication = serde_json::from_value(state).map_err(CatalogError::internal)?;
    let said = PublicKeyCredential::deserialize(said).map_err(|_| unknown())?;
    let result = site.webauthn()?.finish_passkey_authentication(&said, &state).map_err(|error| {
        tracing::warn!(error = %error, "a passkey was refused");
        unknown()
    })?;
    let mine = of_site(cat, site, user.id).await?;
    let change = Change::begin(cat, mcpbox_core::principal::Actor::admin(&user.username)).await?;
    note_use(&change, mine, &result).await?;
    Ok(change)
}

/// Writes the new counter and the time of use. A passkey that was removed meanwhile proves nothing.
async fn note_use(
    change: &Change,
    mine: Vec<(Passkey, Kept)>,
    result: &webauthn_rs::prelude::AuthenticationResult,
) -> Result<(), CatalogError> {
    let used = mine.into_iter().find(|(_, kept)| kept.key.cred_id() == result.cred_id());
    let (passkey, mut kept) = used.ok_or_else(unknown)?;
    let _is_newer = kept.key.update_credential(result);
    if passkeys::note_use(&change.tx, passkey.id, &stored(&kept)?, change.now).await? { Ok(()) } else { Err(unknown()) }
}

async fn of_site(cat: &Catalog, site: &Site, user: UserId) -> Result<Vec<(Passkey, Kept)>, CatalogError> {
    let all = passkeys::by_user(&cat.store.reader(), user).await?;
    let read = all.into_iter().filter_map(|passkey| kept(&passkey).ok().map(|kept| (passkey, kept)));
    Ok(read.filter(|(_, kept)| kept.host == site.host).collect())
}

pub(super) fn kept(passkey: &Passkey) -> Result<Kept, CatalogError> {
    Kept::deserialize(&passkey.credential).map_err(CatalogError::internal)
}

fn stored(kept: &Kept) -> Result<Value, CatalogError> {
    serde_json::to_value(kept).map_err(CatalogError::internal)
}

fn encoded(id: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(id)
}

fn unknown() -> CatalogError {
    CatalogError::Unauthenticated("this passkey is not known here, or did not fit".to_owned())
}

fn unfit() -> CatalogError {
    let failure = Failure::new(FailureKind::InvalidArguments, "what the browser made is not a passkey for this page");
    failure.hint("begin again").into()
}
