//! One call's door to the outside: its grants, its secrets, its evidence.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcpbox_core::{
    capability::HostRule,
    execute::{HostAttempt, HostOutcome, HttpMock, UnsealedSecret},
    name::SecretKey,
};
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    attempts::AttemptLog,
    broker::Broker,
    error::{FetchError, FetchErrorKind},
    gate,
    hop::Hop,
    message::{FetchRequest, FetchResponse},
    mock,
    redirect::{self, Next},
    reply::Reply,
    secrets::Vault,
};

/// What one call may do outside.
#[derive(Debug, Clone, Default)]
pub struct SessionGrants {
    /// Hosts that may be reached.
    pub hosts: Arc<[HostRule]>,
    /// Secrets of the call, sealed and revealed: all are scrubbed, the sealed ones are substituted.
    pub secrets: Vec<UnsealedSecret>,
    /// Canned answers; when given, nothing goes to the network.
    pub http_mocks: Option<Vec<HttpMock>>,
}

/// One call's door to the outside. `Send + Sync`; requests may run at once. Dropping a fetch closes its connection.
pub struct Session {
    broker: Arc<Broker>,
    hosts: Vec<HostRule>,
    vault: Vault,
    http_mocks: Option<Vec<HttpMock>>,
    log: Arc<AttemptLog>,
    slots: Semaphore,
    /// URLs to which a host has redirected where it must not, and why: an HTTP library that follows redirects by itself
    /// asks for them next.
    refused_targets: Mutex<HashMap<String, FetchError>>,
}

/// More such URLs of one call are not remembered.
const MAX_REFUSED_TARGETS: usize = 100;

impl Session {
    pub(crate) fn open(broker: Arc<Broker>, grants: SessionGrants) -> Self {
        let slots = Semaphore::new(broker.config.max_concurrent_per_session.max(1));
        Self {
            broker,
            hosts: gate::canonical_rules(&grants.hosts),
            vault: Vault::new(grants.secrets),
            http_mocks: grants.http_mocks,
            log: Arc::default(),
            slots,
            refused_targets: Mutex::default(),
        }
    }

    /// Does one HTTP request with everything that guards it. Never sends a request twice that could do something twice.
    ///
    /// # Errors
    /// [`FetchError`]; its texts may be shown to the tool.
    pub async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let limit_ms = self.broker.config.request_timeout_ms;
        let limit_ms = request.timeout_ms.map_or(limit_ms, |asked| asked.min(limit_ms));
        let outcome = timeout(Duration::from_millis(limit_ms), self.fetch_through_redirects(request)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            let message = format!("no complete answer within {limit_ms} ms; ask for less, or raise the tool's timeout");
            Err(FetchError::new(FetchErrorKind::Timeout, message))
        });
        outcome.map_err(|error| FetchError { message: self.scrub_text(&error.message), ..error })
    }

    /// What the tool's code sees instead of a sealed secret: random, good for this session only. None for a revealed
    /// or unknown key.
    pub fn placeholder(&self, key: &SecretKey) -> Option<String> {
        self.vault.placeholder(key).map(str::to_owned)
    }

    /// The text with every value of a secret, sealed or revealed (also in base64, URL, JSON, HTML and hex form, in any
    /// ASCII case), replaced by `[secret KEY]`. Values under 6 bytes are left: they would hit ordinary text.
    pub fn scrub_text(&self, text: &str) -> String {
        self.vault.scrub_all().clean_text(text)
    }

    /// The value with every string, key and number scrubbed as in [`Session::scrub_text`].
    pub fn scrub_json(&self, value: Value) -> Value {
        self.vault.scrub_all().clean_json(value)
    }

    /// Every HTTP attempt so far, in order (at most 100). A redirect is an attempt of its own.
    pub fn attempts(&self) -> Vec<HostAttempt> {
        let scrubbed = |attempt: HostAttempt| HostAttempt {
            host: self.scrub_text(&attempt.host),
            detail: self.scrub_text(&attempt.detail),
            ..attempt
        };
        self.log.all().into_iter().map(scrubbed).collect()
    }

    async fn fetch_through_redirects(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let follow_redirects = request.follow_redirects;
        let mut hop = Hop::first(request, self.broker.config.max_request_bytes)?;
        let _slot = self.slots.acquire().await.map_err(|_| closed())?;
        for _ in 0..=self.broker.config.max_redirects {
            let reply = self.exchange(&hop).await?;
            let next = if follow_redirects {
                redirect::next(&hop, &reply, &self.vault)?
            } else {
                self.remember_refused_target(&hop, &reply);
                None
            };
            let Some(next) = next else {
                return Ok(reply.into_response(hop.destination.url.as_str(), self.vault.scrub_sealed()));
            };
            if let Some(refusal) = next.refusal {
                self.log.open(&next.hop.destination, &next.hop.method).close_with(&refusal);
                return Err(refusal);
            }
            hop = next.hop;
        }
        Err(redirect::too_many(self.broker.config.max_redirects))
    }

    /// One request and its answer, with its line of evidence.
    async fn exchange(&self, hop: &Hop) -> Result<Reply, FetchError> {
        let attempt = self.log.open(&hop.destination, &hop.method);
        let outcome = match &self.http_mocks {
            Some(mocks) => mock::answer(mocks, hop),
            None => self.exchange_live(hop).await,
        };
        match &outcome {
            Ok(reply) if self.http_mocks.is_some() => {
                attempt.close(HostOutcome::Mocked, self.mocked_detail(hop, reply))
            }
            Ok(reply) => attempt.close(HostOutcome::Reached, reply.status.to_string()),
            Err(error) => attempt.close_with(error),
        }
        outcome
    }

    fn remember_refused_target(&self, hop: &Hop, reply: &Reply) {
        let Ok(Some(Next { hop: target, refusal: Some(refusal) })) = redirect::next(hop, reply, &self.vault) else {
            return;
        };
        let mut refused = self.refused_targets.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < MAX_REFUSED_TARGETS {
            refused.insert(target.destination.url.into(), refusal);
        }
    }

    fn check_refused_targets(&self, hop: &Hop) -> Result<(), FetchError> {
        let refused = self.refused_targets.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(hop.destination.url.as_str()).map_or(Ok(()), |refusal| Err(refusal.clone()))
    }

    /// Decides, then sends: grant, secrets' hosts, addresses.
    async fn exchange_live(&self, hop: &Hop) -> Result<Reply, FetchError> {
        let (config, to) = (&self.broker.config, &hop.destination);
        let granted = gate::check_grant(&self.hosts, to, &hop.method)?;
        self.check_refused_targets(hop)?;
        let outgoing = hop.fill(&self.vault, config.max_request_bytes)?;
        let addresses = gate::approve_addresses(&*self.broker.resolver, to, granted).await?;
        let mut reply = self.broker.transport.send(to, &addresses, outgoing).await?;
        if self.vault.has_sealed() {
            reply.unpack(config.max_response_bytes)?;
        }
        Ok(reply)
    }

    /// A mock answers without a grant; the evidence says that one is needed.
    fn mocked_detail(&self, hop: &Hop, reply: &Reply) -> String {
        match gate::check_grant(&self.hosts, &hop.destination, &hop.method) {
            Ok(_) => format!("{} (mock)", reply.status),
            Err(_) => format!("{} (mock); the host is not granted yet", reply.status),
        }
    }
}

fn closed() -> FetchError {
    FetchError::new(FetchErrorKind::Timeout, "the call has ended")
}
