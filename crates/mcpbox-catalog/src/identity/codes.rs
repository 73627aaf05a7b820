//! One-time codes ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)): an app that is set up, codes that are checked once, and
//! recovery codes for the day the phone is gone.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    failure::FailureKind,
    token::TokenHash,
    user::{CeremonyKind, CodeApp, User},
};
use mcpbox_store::code_apps;
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use super::{Enrolment, ceremony};
use crate::{
    Catalog, CatalogError, SignedIn,
    change::Change,
    error::refused,
    session::{self, hash_of},
};

/// Seconds of a time step.
const STEP_SECONDS: i64 = 30;
/// Steps before and after now whose code counts too, for clocks that differ.
const SKEW: i64 = 1;
/// Wrong codes after which no code is taken for a while; passkeys and open sessions go on.
const FAILURES_MAX: i32 = 10;
/// That while.
const FAILURES_WITHIN: TimeDelta = TimeDelta::minutes(15);
/// Recovery codes made at a time.
const RECOVERY_CODES: usize = 10;

/// Begins to set up an app; gives what it scans or is told. Nothing changes until a code of it was entered.
///
/// # Errors
/// A wrong password.
pub async fn start_code_app(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    password: &SecretString,
) -> Result<Enrolment, CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    let mut bytes = vec![0_u8; 20];
    SysRng.try_fill_bytes(&mut bytes).map_err(CatalogError::internal)?;
    let secret = Secret::new(bytes.into_boxed_slice()).to_base32();
    let url = totp(&secret, who.username())?.to_url().map_err(CatalogError::internal)?;
    let token = ceremony::begin(cat, CeremonyKind::CodeAppEnrolment, Some(who.user_id()), &secret).await?;
    Ok(Enrolment { token: token.expose_secret().to_owned(), secret, url })
}

/// Takes the app into use with a first code of it; gives new recovery codes, which are shown this once.
///
/// # Errors
/// A wrong code.
pub async fn confirm_code_app(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    token: &SecretString,
    code: &SecretString,
) -> Result<Vec<String>, CatalogError> {
    let (user_id, secret): (_, String) = ceremony::find(cat, CeremonyKind::CodeAppEnrolment, token).await?;
    if user_id != Some(who.user_id()) {
        return Err(refused(FailureKind::NotFound, "begin again to set up the app"));
    }
    let Some(last_step) = step_of(&totp(&secret, who.username())?, plain(code).as_str(), cat.clock.now()) else {
        ceremony::failed(cat, token).await?;
        let message = "this code is not right; check that the clock of your phone is, and enter the newest code";
        return Err(refused(FailureKind::InvalidArguments, message));
    };
    let mut change = Change::begin(cat, who.actor()).await?;
    ceremony::take(&change.tx, token).await?;
    let secret = SecretString::from(secret);
    let app = CodeApp { secret, last_step, failures: 0, failing_since: None, created_at: change.now };
    code_apps::put(&change.tx, who.user_id(), &app).await?;
    let codes = new_recovery_codes(&change, who).await?;
    change.audit("user.code_app.add", format!("user:{}", who.user_id()), json!({})).await?;
    change.commit().await?;
    Ok(codes)
}

/// Removes the app; with the last second factor the recovery codes go as well.
///
/// # Errors
/// A wrong password; `not_found` without an app.
pub async fn remove_code_app(cat: &Arc<Catalog>, who: &SignedIn, password: &SecretString) -> Result<(), CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    let mut change = Change::begin(cat, who.actor()).await?;
    if !code_apps::delete(&change.tx, who.user_id()).await? {
        return Err(refused(FailureKind::NotFound, "this account has no app for one-time codes"));
    }
    if mcpbox_store::passkeys::count(&change.tx, who.user_id()).await? == 0 {
        code_apps::put_recovery(&change.tx, who.user_id(), &[]).await?;
    }
    change.audit("user.code_app.remove", format!("user:{}", who.user_id()), json!({})).await?;
    change.commit().await
}

/// Makes new recovery codes; those from before count no longer.
///
/// # Errors
/// A wrong password; refused without a second factor that they could stand in for.
pub async fn renew_recovery_codes(
    cat: &Arc<Catalog>,
    who: &SignedIn,
    password: &SecretString,
) -> Result<Vec<String>, CatalogError> {
    session::authenticate_again(cat, who, password).await?;
    if !super::has_second_factor(cat, who.user_id()).await? {
        return Err(refused(
            FailureKind::InvalidArguments,
            "recovery codes stand in for a second factor; set one up first",
        ));
    }
    let mut change = Change::begin(cat, who.actor()).await?;
    let codes = new_recovery_codes(&change, who).await?;
    change.audit("user.recovery_codes", format!("user:{}", who.user_id()), json!({"made": codes.len()})).await?;
    change.commit().await?;
    Ok(codes)
}

/// Ten codes of 80 random bits; only their hashes are kept.
pub(super) async fn new_recovery_codes(change: &Change, who: &SignedIn) -> Result<Vec<String>, CatalogError> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut bytes = [0_u8; 10];
        SysRng.try_fill_bytes(&mut bytes).map_err(CatalogError::internal)?;
        codes.push(hex::encode(bytes));
    }
    let hashes: Vec<_> = codes.iter().map(|code| TokenHash::of(code)).collect();
    code_apps::put_recovery(&change.tx, who.user_id(), &hashes).await?;
    let grouped = |code: &String| {
        let letters: Vec<char> = code.chars().collect();
        letters.chunks(5).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    };
    Ok(codes.iter().map(grouped).collect())
}

/// Checks a one-time or recovery code and uses it up.
pub(crate) async fn check_code(cat: &Arc<Catalog>, user: &User, code: &SecretString) -> Result<(), CatalogError> {
    let mut change = change_with_code(cat, user, code).await?;
    change.audit("user.code_used", format!("user:{}", user.id), json!({})).await?;
    change.commit().await
}

/// The change in which this code is used up. What it allows is written in it.
pub(super) async fn change_with_code(
    cat: &Arc<Catalog>,
    user: &User,
    code: &SecretString,
) -> Result<Change, CatalogError> {
    let code = plain(code);
    let change = Change::begin(cat, mcpbox_core::principal::Actor::admin(&user.username)).await?;
    let app = code_apps::of_user(&change.tx, user.id).await?;
    let is_barred = app.as_ref().is_some_and(|app| is_barred(app, change.now));
    let is_right = if is_barred {
        false
    } else if code.len() == 6 {
        match &app {
            Some(app) => match step_of(&totp(app.secret.expose_secret(), &user.username)?, &code, change.now) {
                Some(step) => code_apps::use_step(&change.tx, user.id, step).await?,
                None => false,
            },
            None => false,
        }
    } else {
        let hash = hash_of(&SecretString::from(code.as_str()));
        code_apps::take_recovery(&change.tx, user.id, &hash).await?
    };
    if is_right {
        return Ok(change);
    }
    change.undo().await?;
    if !is_barred {
        note_failure(cat, user, app).await?;
    }
    let message = if is_barred {
        "too many codes were wrong; use a passkey, or try again in a quarter of an hour"
    } else {
        "this code is not right, or was used before; enter the newest code of your app, or a recovery code"
    };
    Err(CatalogError::Unauthenticated(message.to_owned()))
}

/// Whether so many codes were wrong that none is taken now.
fn is_barred(app: &CodeApp, now: DateTime<Utc>) -> bool {
    app.failures >= FAILURES_MAX && app.failing_since.is_some_and(|since| now < since + FAILURES_WITHIN)
}

/// Counts a wrong code, and leaves it in the audit log: whoever enters one knew the password.
async fn note_failure(cat: &Arc<Catalog>, user: &User, app: Option<CodeApp>) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, mcpbox_core::principal::Actor::admin(&user.username)).await?;
    if let Some(app) = app {
        let since = app.failing_since.filter(|since| change.now < *since + FAILURES_WITHIN);
        let (failures, since) = since.map_or((1, change.now), |since| (app.failures.saturating_add(1), since));
        code_apps::set_failures(&change.tx, user.id, failures, since).await?;
    }
    change.audit("session.code_refused", format!("user:{}", user.id), json!({})).await?;
    change.commit().await
}

/// The newest time step near `now` whose code this is.
fn step_of(totp: &Totp, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let step = now.timestamp().div_euclid(STEP_SECONDS);
    (-SKEW..=SKEW).rev().map(|away| step + away).find(|step| {
        u64::try_from(step * STEP_SECONDS).is_ok_and(|time| {
            let wanted = totp.generate(time).to_string();
            // Compared by hash, so that the time it takes says nothing about the code.
            TokenHash::of(&wanted) == TokenHash::of(code)
        })
    })
}

fn totp(secret: &str, username: &str) -> Result<Totp, CatalogError> {
    let secret = Secret::try_from_base32(secret).map_err(CatalogError::internal)?;
    // A colon separates issuer and account in the URL that apps read.
    let account = username.replace(':', " ");
    let built = Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some("MCPbox")).build();
    built.map_err(CatalogError::internal)
}

/// The code without what people put between its characters.
fn plain(code: &SecretString) -> String {
    let kept = code.expose_secret().chars().filter(|c| c.is_ascii_alphanumeric()).take(64);
    kept.collect::<String>().to_ascii_lowercase()
}
