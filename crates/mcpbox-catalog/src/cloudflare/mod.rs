//! The connection over Cloudflare: what an admin plans, done step by step with Cloudflare's REST API, each step sealed as soon as it
//! is done, so that it goes on where it stopped and can be undone.
//!
//! Must not: send anything that [`show`] does not show, or take over something in the account that it did not make.

mod account;
mod api;
mod check;
mod requests;
mod state;
mod steps;
mod turn;
mod undo;

use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};

use mcpbox_core::{
    cloudflare::{Plan, Progress, Setup, StepName, TunnelStatus},
    event::LiveEvent,
    failure::FailureKind,
};
use mcpbox_store::cloudflare;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::sync::Mutex;

use self::state::State;
pub use self::turn::end_turn_left_behind;
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused};

/// Where Cloudflare's API is.
pub const API: &str = "https://api.cloudflare.com/client/v4";
const TOKEN_MAX: usize = 512;

/// What the process keeps for it.
#[derive(Default)]
pub(crate) struct Desk {
    api: OnceLock<String>,
    worker: OnceLock<&'static str>,
    /// Whoever asks in this process waits; [`turn`] is for all.
    queue: Mutex<()>,
    tunnel: StdMutex<Option<TunnelStatus>>,
}

impl Desk {
    fn api(&self) -> &str {
        self.api.get().map_or(API, String::as_str)
    }

    fn worker(&self) -> &'static str {
        self.worker.get().copied().unwrap_or_default()
    }
}

/// Sends requests to this address from now on, usually [`API`], and uploads this Worker.
pub fn connect(cat: &Catalog, api: &str, worker: &'static str) {
    // The first one stays: there is one a process.
    let _ = cat.cloudflare.worker.set(worker);
    let _ = cat.cloudflare.api.set(api.trim_end_matches('/').to_owned());
}

/// Says what `cloudflared` does.
pub fn report_tunnel(cat: &Catalog, status: TunnelStatus) {
    let before = cat.cloudflare.tunnel.lock().unwrap_or_else(PoisonError::into_inner).replace(status.clone());
    if before.as_ref() != Some(&status) {
        cat.emit(LiveEvent::CloudflareChanged);
    }
}

/// What `cloudflared` does, when this process runs it.
pub fn tunnel_status(cat: &Catalog) -> Option<TunnelStatus> {
    cat.cloudflare.tunnel.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The tunnel's token, once there is a tunnel.
///
/// # Errors
/// The store cannot be read.
pub async fn tunnel_token(cat: &Catalog) -> Result<Option<SecretString>, CatalogError> {
    let state = State::load(&cat.store.reader()).await?;
    Ok(state.known().remove("tunnel_token").map(SecretString::from))
}

/// What was planned, what is done, and every request that is sent next. Sends nothing.
///
/// # Errors
/// The store cannot be read.
pub async fn show(cat: &Catalog) -> Result<Setup, CatalogError> {
    let state = State::load(&cat.store.reader()).await?;
    Ok(state.shown(cat.cloudflare.api(), tunnel_status(cat)))
}

/// Writes down what is to be done, and keeps the API token until it is forgotten. What is done already must be undone first,
/// unless only the token is new.
///
/// # Errors
/// `invalid_arguments` for what cannot be used, `conflict` when something is done already, or a process is at a step.
pub async fn plan(
    cat: &Arc<Catalog>,
    reviewer: &Admin,
    plan: Plan,
    token: Option<SecretString>,
) -> Result<Setup, CatalogError> {
    let _turn = cat.cloudflare.queue.lock().await;
    requests::check(&plan).map_err(|why| refused(FailureKind::InvalidArguments, why))?;
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    turn::check_free(&change.tx, change.now).await?;
    let before = State::load(&change.tx).await?;
    if before.plan.as_ref().is_some_and(|before| *before != plan) && before.has_begun() {
        let message = "something was made after another plan already; undo it first, then change the plan";
        return Err(refused(FailureKind::Conflict, message));
    }
    let has_token = match &token {
        Some(token) => {
            check_token(token)?;
            cloudflare::put(&change.tx, state::TOKEN, token, change.now).await?;
            true
        }
        None => before.token.is_some(),
    };
    if !has_token {
        return Err(refused(FailureKind::InvalidArguments, "an API token of Cloudflare is needed"));
    }
    state::put_plan(&change, &plan).await?;
    change
        .audit("cloudflare.plan", "cloudflare".to_owned(), json!({"plan": plan, "is_new_token": token.is_some()}))
        .await?;
    done(change).await?;
    show(cat).await
}

/// Does the next step that is not done. What came of it stands in its message, also when it did not work.
///
/// # Errors
/// `conflict` when there is nothing to do, no plan or no token, or another process is at a step; `unavailable` when this process sends nothing.
pub async fn run(cat: &Arc<Catalog>, reviewer: &Admin) -> Result<Setup, CatalogError> {
    let _turn = cat.cloudflare.queue.lock().await;
    let (hub, admin) = (Arc::clone(cat), reviewer.clone());
    let step = async move {
        let state = State::load(&hub.store.reader()).await?;
        let next = StepName::ALL.into_iter().find(|step| state.progress(*step) != Progress::Done);
        let Some(step) = next else {
            return Err(refused(FailureKind::Conflict, "every step is done; undo the last one to do it again"));
        };
        steps::run(&hub, &admin, step, state).await
    };
    turn::with(cat, step).await?;
    show(cat).await
}

/// Undoes the last step that was begun.
///
/// # Errors
/// As [`run`]; a refusal of Cloudflare stands in the step's message.
pub async fn undo(cat: &Arc<Catalog>, reviewer: &Admin) -> Result<Setup, CatalogError> {
    let _turn = cat.cloudflare.queue.lock().await;
    let (hub, admin) = (Arc::clone(cat), reviewer.clone());
    let step = async move {
        let state = State::load(&hub.store.reader()).await?;
        let last = StepName::ALL.into_iter().rev().find(|step| state.progress(*step) != Progress::Open);
        let Some(step) = last else {
            return Err(refused(FailureKind::Conflict, "nothing is done, so there is nothing to undo"));
        };
        undo::run(&hub, &admin, step, state).await
    };
    turn::with(cat, step).await?;
    show(cat).await
}

/// Forgets the API token. What was made goes on working; changing it needs a token again.
///
/// # Errors
/// `not_found` when there is none.
pub async fn forget_token(cat: &Arc<Catalog>, reviewer: &Admin) -> Result<Setup, CatalogError> {
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    if !cloudflare::delete(&change.tx, state::TOKEN).await? {
        return Err(refused(FailureKind::NotFound, "no API token of Cloudflare is kept"));
    }
    change.audit("cloudflare.forget", "cloudflare".to_owned(), json!({})).await?;
    done(change).await?;
    show(cat).await
}

fn check_token(token: &SecretString) -> Result<(), CatalogError> {
    let token = token.expose_secret();
    let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    if (20..=TOKEN_MAX).contains(&token.len()) && is_plain {
        return Ok(());
    }
    let message = "that is not an API token of Cloudflare; make one under My Profile, API Tokens, and copy it whole";
    Err(refused(FailureKind::InvalidArguments, message))
}

async fn done(mut change: Change) -> Result<(), CatalogError> {
    change.tell(LiveEvent::CloudflareChanged);
    change.commit().await
}
