//! What is remembered, and how it is shown.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mcpbox_core::cloudflare::{Plan, Progress, Setup, Step, StepName, TunnelStatus};
use mcpbox_store::{Connection, cloudflare};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{api::Request, requests};
use crate::{CatalogError, change::Change};

pub(super) const TOKEN: &str = "token";
const PLAN: &str = "plan";
/// Of [`super::turn`]; no step is called so.
pub(super) const TURN: &str = "turn";

/// What steps found out, by name: ids, addresses, secrets.
pub(super) type Known = BTreeMap<String, String>;

/// A step as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) progress: Progress,
    /// Whether a request that makes something went out and may have worked. What has the planned name is then ours.
    pub(super) is_sent: bool,
    pub(super) message: Option<String>,
    pub(super) known: Known,
}

impl Saved {
    pub(super) fn new(progress: Progress, is_sent: bool) -> Self {
        Self { progress, is_sent, message: None, known: Known::new() }
    }

    pub(super) fn saying(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }
}

/// Everything that is remembered.
#[derive(Default)]
pub(super) struct State {
    pub(super) plan: Option<Plan>,
    pub(super) token: Option<SecretString>,
    steps: BTreeMap<StepName, (Saved, DateTime<Utc>)>,
}

impl State {
    pub(super) async fn load(connection: &impl Connection) -> Result<Self, CatalogError> {
        let mut state = Self::default();
        for row in cloudflare::all(connection).await? {
            let text = row.value.expose_secret();
            match row.name.as_str() {
                TOKEN => state.token = Some(row.value),
                PLAN => state.plan = Some(serde_json::from_str(text).map_err(CatalogError::internal)?),
                TURN => {}
                name => {
                    let saved = serde_json::from_str(text).map_err(CatalogError::internal)?;
                    let known = StepName::ALL.into_iter().find(|step| step.word() == name);
                    let step = known.ok_or_else(|| CatalogError::internal(format!("no step is called '{name}'")))?;
                    state.steps.insert(step, (saved, row.at));
                }
            }
        }
        Ok(state)
    }

    pub(super) fn saved(&self, step: StepName) -> Option<&Saved> {
        self.steps.get(&step).map(|(saved, _)| saved)
    }

    pub(super) fn progress(&self, step: StepName) -> Progress {
        self.saved(step).map_or(Progress::Open, |saved| saved.progress)
    }

    /// Whether anything may exist because of it.
    pub(super) fn has_begun(&self) -> bool {
        self.steps.values().any(|(saved, _)| saved.progress != Progress::Failed || saved.is_sent)
    }

    /// What all steps found out.
    pub(super) fn known(&self) -> Known {
        self.steps.values().flat_map(|(saved, _)| saved.known.clone()).collect()
    }

    pub(super) fn shown(&self, api: &str, tunnel: Option<TunnelStatus>) -> Setup {
        let known = self.known();
        let show = |requests: Vec<Request>| requests.iter().map(|request| request.shown(api)).collect::<Vec<_>>();
        let step = |name: StepName| {
            let saved = self.steps.get(&name);
            let (requests, undo) = match &self.plan {
                Some(plan) => (show(requests::of(name, plan, &known)), show(requests::undo(name, plan, &known))),
                None => Default::default(),
            };
            Step {
                name,
                progress: self.progress(name),
                message: saved.and_then(|(saved, _)| saved.message.clone()),
                at: saved.map(|(_, at)| *at),
                requests,
                undo,
            }
        };
        let public = |plan: &Plan| known.contains_key("subdomain").then(|| requests::mcp_url(plan, &known));
        Setup {
            plan: self.plan.clone(),
            has_token: self.token.is_some(),
            mcp_url: self.plan.as_ref().and_then(public),
            steps: StepName::ALL.into_iter().map(step).collect(),
            tunnel,
        }
    }
}

/// Keeps the plan.
pub(super) async fn put_plan(change: &Change, plan: &Plan) -> Result<(), CatalogError> {
    let text = serde_json::to_string(plan).map_err(CatalogError::internal)?;
    Ok(cloudflare::put(&change.tx, PLAN, &text.into(), change.now).await?)
}

/// Keeps what came of a step.
pub(super) async fn put_step(change: &Change, step: StepName, saved: &Saved) -> Result<(), CatalogError> {
    let text = serde_json::to_string(saved).map_err(CatalogError::internal)?;
    Ok(cloudflare::put(&change.tx, step.word(), &text.into(), change.now).await?)
}
