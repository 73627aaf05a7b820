//! Doing a step. Before something is made it is looked whether it is there: what an earlier try made is taken up, what somebody
//! else made is left alone. That a request goes out is written down first, so that a crash in between is no loss.

use std::sync::Arc;

use mcpbox_core::{
    cloudflare::{Plan, Progress, StepName},
    event::LiveEvent,
    failure::FailureKind,
    front::TrustedFront,
};
use rand::{TryRng as _, rngs::SysRng};
use serde_json::{Value, json};

use super::{
    account,
    api::{Api, Request, Trouble},
    check, requests,
    state::{self, Known, Saved, State},
};
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused, review};

/// A step that is under way.
pub(super) struct Work<'a> {
    pub(super) cat: &'a Arc<Catalog>,
    pub(super) reviewer: &'a Admin,
    pub(super) api: Api,
    pub(super) plan: Plan,
    pub(super) known: Known,
    pub(super) step: StepName,
    /// Whether an earlier try may have made something.
    pub(super) was_sent: bool,
}

/// How a step ends early.
#[expect(clippy::large_enum_variant, reason = "made once a step at most, and read at once")]
pub(super) enum Stop {
    Trouble(Trouble),
    Failed(CatalogError),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<CatalogError> for Stop {
    fn from(error: CatalogError) -> Self {
        Self::Failed(error)
    }
}

/// What is needed to work on a step.
pub(super) fn work<'a>(
    cat: &'a Arc<Catalog>,
    reviewer: &'a Admin,
    step: StepName,
    state: State,
) -> Result<Work<'a>, CatalogError> {
    let known = state.known();
    let was_sent = state.saved(step).is_some_and(|saved| saved.is_sent);
    let missing = |what: &str| refused(FailureKind::Conflict, format!("there is no {what}; enter it first"));
    let plan = state.plan.ok_or_else(|| missing("plan"))?;
    let token = state.token.ok_or_else(|| missing("API token of Cloudflare"))?;
    let silent =
        || refused(FailureKind::Unavailable, "this process sends nothing to Cloudflare; ask the running server");
    let broker = cat.broker.get().cloned().ok_or_else(silent)?;
    let api = Api { broker, base: cat.cloudflare.api().to_owned(), worker: cat.cloudflare.worker(), token };
    Ok(Work { cat, reviewer, api, plan, known, step, was_sent })
}

/// Does `step` and keeps what came of it.
pub(super) async fn run(
    cat: &Arc<Catalog>,
    reviewer: &Admin,
    step: StepName,
    state: State,
) -> Result<(), CatalogError> {
    let before = state.saved(step).map(|saved| saved.known.clone()).unwrap_or_default();
    let mut work = work(cat, reviewer, step, state)?;
    let outcome = match step {
        StepName::Verify => account::verify(&work).await.map_err(Stop::from),
        StepName::Tunnel => tunnel(&mut work).await,
        StepName::VpcService => {
            single(&mut work, ("/connectivity/directory/services", "name"), ("service_id", "service_id")).await
        }
        StepName::KvNamespace => single(&mut work, ("/storage/kv/namespaces", "title"), ("namespace_id", "id")).await,
        StepName::AccessPolicy => single(&mut work, ("/access/policies", "name"), ("policy_id", "id")).await,
        StepName::AccessApp => access_app(&mut work).await,
        StepName::Front => front(&work, before).await,
        StepName::Worker => worker(&mut work).await,
        StepName::Check => check::run(&work).await.map_err(Stop::from),
    };
    let saved = match outcome {
        Ok((known, message)) => Saved { known, ..Saved::new(Progress::Done, true).saying(message) },
        Err(Stop::Trouble(trouble)) => {
            // Said no, with nothing made before: there is nothing of ours.
            let is_sent = work.was_sent;
            Saved { known: work.known_of_step(), ..Saved::new(Progress::Failed, is_sent).saying(trouble.message) }
        }
        Err(Stop::Failed(error)) => return Err(error),
    };
    work.keep("cloudflare.step", &saved).await
}

impl Work<'_> {
    /// What this step found out before it failed: the id of what it made, if it did.
    fn known_of_step(&self) -> Known {
        let own: &[&str] = match self.step {
            StepName::Tunnel => &["tunnel_id"],
            StepName::AccessApp => &["app_id", "client_id", "client_secret"],
            _ => &[],
        };
        own.iter().filter_map(|key| Some(((*key).to_owned(), self.known.get(*key)?.clone()))).collect()
    }

    /// Keeps how far the step is, with its audit row.
    pub(super) async fn keep(&self, action: &'static str, saved: &Saved) -> Result<(), CatalogError> {
        let mut change = Change::begin(self.cat, self.reviewer.actor()).await?;
        state::put_step(&change, self.step, saved).await?;
        let detail = json!({"step": self.step, "progress": saved.progress});
        change.audit(action, "cloudflare".to_owned(), detail).await?;
        change.tell(LiveEvent::CloudflareChanged);
        change.commit().await
    }

    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", requests::account(&self.known))
    }

    /// What in the list at `path` has the planned name in `field`. Pages are read until the last, ten at most.
    pub(super) async fn find(&self, path: &str, field: &str) -> Result<Option<Value>, Trouble> {
        for page in 1..=10 {
            let filter = if path == "/cfd_tunnel" { "&is_deleted=false" } else { "" };
            let path = self.path(&format!("{path}?page={page}&per_page=50{filter}"));
            let Value::Array(items) = self.api.get(self.step, path).await? else {
                return Err(Trouble::unknown("Cloudflare's answer is not a list; its API may have changed."));
            };
            let count = items.len();
            let is_it = |item: &Value| {
                let is_there = item.get("deleted_at").is_none_or(Value::is_null);
                is_there && item.get(field).and_then(Value::as_str) == Some(self.plan.name.as_str())
            };
            if let Some(found) = items.into_iter().find(is_it) {
                return Ok(Some(found));
            }
            if count < 50 {
                break;
            }
        }
        Ok(None)
    }

    /// What is there already, when it is ours. Somebody else's is a reason to stop.
    async fn find_ours(&self, path: &str, field: &str) -> Result<Option<Value>, Trouble> {
        let found = self.find(path, field).await?;
        if found.is_some() && !self.was_sent {
            let message = format!(
                "Your account has something called '{}' at {path} already, which MCPbox did not make. Undo the steps so far and plan another name, or delete it in Cloudflare's dashboard.",
                self.plan.name
            );
            return Err(Trouble::refusal(message));
        }
        Ok(found)
    }

    /// The step's requests that make something.
    fn requests(&self) -> Vec<Request> {
        requests::of(self.step, &self.plan, &self.known)
    }

    /// Sends what makes something, after writing down that it goes out. Refused means that nothing was made.
    async fn make(&mut self, request: &Request) -> Result<Value, Stop> {
        if !self.was_sent {
            self.keep("cloudflare.begin", &Saved::new(Progress::Begun, true)).await?;
            self.was_sent = true;
            let made = self.api.send(self.step, request).await;
            self.was_sent = !made.as_ref().is_err_and(|trouble| trouble.is_refusal);
            return Ok(made?);
        }
        Ok(self.api.send(self.step, request).await?)
    }
}

type Outcome = Result<(Known, String), Stop>;

async fn tunnel(work: &mut Work<'_>) -> Outcome {
    let id = match work.find_ours("/cfd_tunnel", "name").await? {
        Some(found) => text(&found, "id")?,
        None => text(&work.make(&only(work.requests())?).await?, "id")?,
    };
    work.known.insert("tunnel_id".to_owned(), id.clone());
    let token = work.api.get(work.step, work.path(&format!("/cfd_tunnel/{id}/token"))).await?;
    let Value::String(token) = token else {
        return Err(Trouble::unknown("Cloudflare gave no token for the tunnel; go on to try again.").into());
    };
    let message = format!("The tunnel {} is there. It carries requests as soon as cloudflared runs.", work.plan.name);
    Ok((named([("tunnel_id", id), ("tunnel_token", token)]), message))
}

/// A step that makes one thing and keeps its id.
async fn single(work: &mut Work<'_>, (path, field): (&str, &str), (known_as, id): (&str, &str)) -> Outcome {
    let made = match work.find_ours(path, field).await? {
        Some(found) => found,
        None => work.make(&only(work.requests())?).await?,
    };
    let id = text(&made, id)?;
    let message = format!("{} is there ({id}).", work.plan.name);
    Ok((named([(known_as, id)]), message))
}

/// Its secret is told only when it is made, so one that an interrupted try left is made again.
async fn access_app(work: &mut Work<'_>) -> Outcome {
    if !work.known.contains_key("client_secret") {
        if let Some(left) = work.find_ours("/access/apps", "name").await? {
            let path = work.path(&format!("/access/apps/{}", text(&left, "id")?));
            let request = Request::new("DELETE", path, super::api::Body::None, "");
            work.api.send(work.step, &request).await?;
        }
        let made = work.make(&only(work.requests())?).await?;
        let saas = made.get("saas_app").cloned().unwrap_or_default();
        let found = [
            ("app_id", text(&made, "id")?),
            ("client_id", text(&saas, "client_id")?),
            ("client_secret", text(&saas, "client_secret")?),
        ];
        work.known.extend(named(found));
    }
    let discovery = check::discovery(work).await?;
    let keys = ["app_id", "client_id", "client_secret"];
    let mut known = named(keys.map(|key| (key, requests::value(&work.known, key))));
    known.insert("discovery".to_owned(), discovery.clone());
    Ok((known, format!("People sign in through Access; {discovery} describes how.")))
}

/// This box trusts the Worker: its token, and these people.
async fn front(work: &Work<'_>, before: Known) -> Outcome {
    let token = before.get("service_token").cloned().map_or_else(new_token, Ok)?;
    let known = named([("service_token", token.clone())]);
    // Kept first: a token that is trusted but not known could never be given to the Worker.
    work.keep("cloudflare.begin", &Saved { known: known.clone(), ..Saved::new(Progress::Begun, true) }).await?;
    let emails = work.plan.emails.iter().map(String::as_str);
    let front = TrustedFront::new(&token, emails).map_err(Trouble::refusal)?;
    let mut settings = work.cat.snapshot().settings().clone();
    settings.front = Some(front);
    review::set_settings(work.cat, work.reviewer, settings).await?;
    Ok((known, "This MCPbox believes the Worker, and lets these people in.".to_owned()))
}

async fn worker(work: &mut Work<'_>) -> Outcome {
    work.find_ours("/workers/scripts", "id").await?;
    for request in work.requests() {
        work.make(&request).await?;
    }
    let message = format!("The Worker is at {}.", requests::public_url(&work.plan, &work.known));
    Ok((Known::new(), message))
}

fn new_token() -> Result<String, CatalogError> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(CatalogError::internal)?;
    Ok(format!("mcpb_ft_{}", hex::encode(bytes)))
}

fn only(requests: Vec<Request>) -> Result<Request, CatalogError> {
    requests.into_iter().next().ok_or_else(|| CatalogError::internal("a step without a request"))
}

pub(super) fn named<const N: usize>(pairs: [(&str, String); N]) -> Known {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A text in an answer. Its absence means that the API is not what this program knows.
pub(super) fn text(value: &Value, key: &str) -> Result<String, Trouble> {
    let found = value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let missing =
        || Trouble::unknown(format!("Cloudflare's answer has no '{key}'; its API may have changed. Update MCPbox."));
    found.map(str::to_owned).ok_or_else(missing)
}
