//! One call's door to the outside: its grants, its secrets, its evidence.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use mcpbox_core::{
    capability::HostRule,
    execute::{HostAttempt, HttpMock, UnsealedSecret},
    name::SecretKey,
};
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::{
    attempts::AttemptLog,
    broker::Broker,
    destination::{Destination, apparent_host},
    error::{FetchError, FetchErrorKind},
    gate,
    hop::Hop,
    message::{FetchRequest, FetchResponse},
    redirect::{self, Next},
    reply::Reply,
    secrets::Vault,
    stream::{FetchStream, StreamGuard},
    upload::{Progress, Upload},
};

mod exchange;
mod tunnel;

use exchange::Sending;
pub(crate) use tunnel::Tunnel;

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
    vault: Arc<Vault>,
    http_mocks: Option<Vec<HttpMock>>,
    log: Arc<AttemptLog>,
    slots: Arc<Semaphore>,
    /// URLs to which a host has redirected where it must not, and why: an HTTP library that follows redirects by itself
    /// asks for them next.
    refused_targets: Mutex<HashMap<String, FetchError>>,
}

/// More such URLs of one call are not remembered.
const MAX_REFUSED_TARGETS: usize = 100;

impl Session {
    pub(crate) fn new(broker: Arc<Broker>, grants: SessionGrants) -> Self {
        let slots = Arc::new(Semaphore::new(broker.config.max_concurrent_per_session.max(1)));
        Self {
            broker,
            hosts: gate::canonical_rules(&grants.hosts),
            vault: Arc::new(Vault::new(grants.secrets)),
            http_mocks: grants.http_mocks,
            log: Arc::default(),
            slots,
            refused_targets: Mutex::default(),
        }
    }

    /// The session of a program that outlives calls: `tell` hears of each refusal, secrets taken out. Its errors name no request that only
    /// tools can make.
    #[must_use]
    pub fn of_program(self, tell: impl Fn(HostAttempt) + Send + Sync + 'static) -> Self {
        let vault = Arc::clone(&self.vault);
        let tell = move |attempt| tell(scrubbed(&vault, attempt));
        Self { log: Arc::new(AttemptLog::telling(Box::new(tell))), ..self }
    }

    /// Does one HTTP request with everything that guards it, and reads the whole answer. Never sends a request twice that
    /// could do something twice.
    ///
    /// # Errors
    /// [`FetchError`]; its texts may be shown to the tool.
    pub async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let limit = self.limit(&request);
        let outcome = timeout(limit, self.fetch_through_redirects(request)).await;
        outcome.unwrap_or_else(|_| Err(too_slow(limit))).map_err(|error| self.cleaned(error))
    }

    /// The same, but returns as soon as the answer begins, and follows no redirect. With `upload` the request's body is
    /// only how it begins. At most a fixed number of answers are open at once.
    ///
    /// # Errors
    /// [`FetchError`]; its texts may be shown to the tool.
    pub async fn open(&self, request: FetchRequest, upload: Option<Upload>) -> Result<FetchStream, FetchError> {
        let limit = self.limit(&request);
        let progress = Progress::new();
        let upload = upload.map(|upload| {
            let declared = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let declared = declared.and_then(|(_, value)| value.trim().parse().ok());
            Sending { upload, declared, progress: progress.clone() }
        });
        let outcome = tokio::select! {
            outcome = self.begin(request, upload, limit) => outcome,
            () = progress.stall(limit) => Err(too_slow(limit)),
        };
        outcome.map_err(|error| self.cleaned(error))
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
        self.log.all().into_iter().map(|attempt| scrubbed(&self.vault, attempt)).collect()
    }

    async fn begin(
        &self,
        request: FetchRequest,
        sending: Option<Sending>,
        limit: Duration,
    ) -> Result<FetchStream, FetchError> {
        let hop = self.first(request)?;
        let slot = self.slot(limit).await?;
        let (reply, attempt) = self.exchange(&hop, sending).await?;
        attempt.close_with_answer(self.answered(&hop, &reply));
        self.remember_refused_target(&hop, &reply);
        let deadline = Some(Instant::now() + Duration::from_millis(self.broker.config.exchange_timeout_ms));
        Ok(FetchStream {
            status: reply.status,
            headers: reply.clean_headers(&self.vault),
            url: self.vault.scrub_sealed().clean_text(hop.destination.url.as_str()),
            http_version: reply.http_version,
            body: reply.body,
            guard: StreamGuard { attempt, vault: Arc::clone(&self.vault), limit, deadline, _slot: slot },
        })
    }

    async fn fetch_through_redirects(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let follow_redirects = request.follow_redirects;
        let limit = self.limit(&request);
        let mut hop = self.first(request)?;
        let _slot = self.slot(limit).await?;
        for _ in 0..=self.broker.config.max_redirects {
            let (mut reply, attempt) = self.exchange(&hop, None).await?;
            let body = self.read_whole(&mut reply).await.inspect_err(|error| attempt.close_with(error))?;
            attempt.close_with_answer(self.answered(&hop, &reply));
            let next = if follow_redirects {
                self.next_hop(&hop, &reply)?
            } else {
                self.remember_refused_target(&hop, &reply);
                None
            };
            let Some(next) = next else {
                return Ok(FetchResponse {
                    status: reply.status,
                    headers: reply.clean_headers(&self.vault),
                    body,
                    url: self.vault.scrub_sealed().clean_text(hop.destination.url.as_str()),
                    http_version: reply.http_version,
                });
            };
            hop = next;
        }
        Err(redirect::too_many(self.broker.config.max_redirects))
    }

    /// Checks everything about a request that can be checked without asking anybody; a refusal is evidence too.
    fn first(&self, request: FetchRequest) -> Result<Hop, FetchError> {
        let (url, method) = (request.url.clone(), request.method.clone());
        Hop::first(request, self.broker.config.max_request_bytes).inspect_err(|error| {
            let (host, port) = match Destination::parse(&url) {
                Ok(to) => (to.host, to.port),
                Err(_) => apparent_host(&url),
            };
            self.log.refuse(host, port, &method, error);
        })
    }

    /// Where a redirect leads; none for another answer. A refusal is evidence of its own.
    fn next_hop(&self, hop: &Hop, reply: &Reply) -> Result<Option<Hop>, FetchError> {
        let next = redirect::next(hop, reply, &self.vault).inspect_err(|error| {
            let (host, port) = apparent_host(reply.header("location").unwrap_or_default());
            self.log.refuse(host, port, &hop.method, error);
        })?;
        let Some(Next { hop, refusal }) = next else { return Ok(None) };
        if let Some(refusal) = refusal {
            self.log.open(&hop.destination, &hop.method).close_with(&refusal);
            return Err(refusal);
        }
        Ok(Some(hop))
    }

    /// A place among the requests of this session.
    async fn slot(&self, limit: Duration) -> Result<OwnedSemaphorePermit, FetchError> {
        let most = self.broker.config.max_concurrent_per_session;
        let busy = || {
            let message = format!("{most} requests are open already; read or close their answers first");
            FetchError::new(FetchErrorKind::Timeout, message)
        };
        let slot = timeout(limit, Arc::clone(&self.slots).acquire_owned()).await;
        slot.ok().and_then(Result::ok).ok_or_else(busy)
    }

    async fn read_whole(&self, reply: &mut Reply) -> Result<Bytes, FetchError> {
        let mut share = self.broker.budget.share();
        let mut whole = BytesMut::new();
        while let Some(part) = reply.body.next().await? {
            share.grow(part.len())?;
            whole.extend_from_slice(&part);
        }
        Ok(whole.freeze())
    }

    fn limit(&self, request: &FetchRequest) -> Duration {
        let most = self.broker.config.request_timeout_ms;
        Duration::from_millis(request.timeout_ms.map_or(most, |asked| asked.min(most)))
    }

    fn cleaned(&self, error: FetchError) -> FetchError {
        let message = match &error.kind {
            FetchErrorKind::Denied { needs: Some(needs), .. } if self.log.is_telling() => format!(
                "{needs} is not among the hosts that this program was granted; to have it, add the program as a source anew, under \
                 another name and with that in hosts"
            ),
            _ => error.message,
        };
        FetchError { message: self.scrub_text(&message), ..error }
    }
}

fn scrubbed(vault: &Vault, attempt: HostAttempt) -> HostAttempt {
    let clean = |text: &str| vault.scrub_all().clean_text(text);
    HostAttempt { host: clean(&attempt.host), detail: clean(&attempt.detail), ..attempt }
}

fn too_slow(limit: Duration) -> FetchError {
    let message =
        format!("no complete answer within {} ms; ask for less, or raise the request's timeout", limit.as_millis());
    FetchError::new(FetchErrorKind::Timeout, message)
}
