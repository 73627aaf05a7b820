//! The browser comes back: with a decision made, it takes a code or a refusal to the client.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_core::{ids::AuthorizationRequestId, oauth::RequestState, principal::Actor, token::TokenHash};
use mcpbox_store::oauth::requests::{self, Step};
use secrecy::SecretString;
use serde_json::json;

use super::{
    error::{ErrorCode, OAuthError},
    new_token, places,
    request::{back, look},
};
use crate::{Catalog, change::Change};

/// How long a code counts.
const CODE_ENDS: TimeDelta = TimeDelta::seconds(60);

/// What a browser does next.
#[derive(Debug)]
pub enum Answer {
    /// Wait: nobody has decided.
    Wait(Box<mcpbox_core::oauth::AuthorizationRequest>),
    /// Go there.
    Go(String),
}

/// What this browser does next. A code is made once: who asks again has gone already.
///
/// # Errors
/// The request has ended, began in another browser, or its code was given out.
pub async fn answer(
    cat: &Arc<Catalog>,
    id: AuthorizationRequestId,
    browser: &SecretString,
) -> Result<Answer, OAuthError> {
    let request = look(cat, id, browser).await?;
    let state = request.state.as_deref();
    match request.progress {
        RequestState::Waiting => {
            places::keep(cat, &request).await;
            return Ok(Answer::Wait(Box::new(request)));
        }
        RequestState::Denied => {
            let error = OAuthError::new(ErrorCode::AccessDenied, "a human refused this access");
            return Ok(Answer::Go(back(cat, &request.redirect_uri, state, Err(&error))));
        }
        RequestState::Approved => {}
        RequestState::Coded | RequestState::Redeemed => return Err(gone()),
    }
    let code = new_token("mcpb_ac_")?;
    let subject = request.subject.as_deref().unwrap_or_default();
    let mut change = Change::begin(cat, Actor::admin(subject)).await?;
    let step = Step::Code { hash: &TokenHash::of(&code), expires_at: change.now + CODE_ENDS };
    if !requests::advance(&change.tx, id, RequestState::Approved, step).await? {
        return Err(gone());
    }
    change.audit("oauth.code", format!("request:{id}"), json!({"client": request.client_id})).await?;
    change.commit().await?;
    Ok(Answer::Go(back(cat, &request.redirect_uri, state, Ok(&code))))
}

fn gone() -> OAuthError {
    OAuthError::request("this login is over: the client has its answer; begin anew in the client if it did not arrive")
}
