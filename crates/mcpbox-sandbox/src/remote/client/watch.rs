//! Asks one worker over and over how it is. A worker that fails or does not answer in time gets no calls; one that stays silent loses
//! those it has.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{Method, Response, StatusCode, body::Incoming};
use hyper_util::client::legacy::connect::HttpInfo;
use mcpbox_core::execute::SandboxStatus;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

use super::{
    super::wire::{PROTOCOL, STATUS, WorkerStatus},
    WorkersConfig,
    connection::{SendError, is_private},
    exchange::refusal,
    worker::Worker,
};

/// Largest status.
const STATUS_MAX: usize = 64 << 10;
/// The shortest time between two looks, however often one is asked for.
const PAUSE: Duration = Duration::from_millis(50);

/// See the module.
pub(super) struct Watch {
    worker: Arc<Worker>,
    config: WorkersConfig,
    first: Option<oneshot::Sender<()>>,
    heard: Instant,
    has_warned: bool,
}

/// What a look shows.
enum Look {
    Usable(SandboxStatus),
    /// It answers, but not so that it can be used.
    Unusable(String),
    Silent(String),
}

impl Watch {
    /// The watch, and what resolves when the worker was asked once.
    pub(super) fn new(worker: Arc<Worker>, config: WorkersConfig) -> (Self, oneshot::Receiver<()>) {
        let (first, was_asked) = oneshot::channel();
        (Self { worker, config, first: Some(first), heard: Instant::now(), has_warned: false }, was_asked)
    }

    pub(super) async fn run(mut self) {
        loop {
            let look = timeout(self.config.poll_timeout, self.look()).await;
            self.note(look.unwrap_or_else(|_| Look::Silent("it does not answer".into())));
            if let Some(first) = self.first.take() {
                let _nobody = first.send(());
            }
            sleep(PAUSE).await;
            tokio::select! {
                () = sleep(self.config.poll_every.saturating_sub(PAUSE)) => {}
                () = self.worker.look.notified() => {}
            }
        }
    }

    fn note(&mut self, look: Look) {
        match look {
            Look::Usable(status) => {
                self.heard = Instant::now();
                self.worker.up(status);
            }
            Look::Unusable(reason) => {
                self.heard = Instant::now();
                self.worker.down(&reason);
            }
            Look::Silent(reason) => {
                self.worker.down(&reason);
                if self.heard.elapsed() >= self.config.lost_after {
                    self.worker.give_up();
                }
            }
        }
    }

    async fn look(&mut self) -> Look {
        let sent = self.worker.connections.send(Method::GET, &self.worker.door(STATUS), Bytes::new()).await;
        let response = match sent {
            Ok(response) => response,
            Err(SendError::NotSent(reason) | SendError::Broken(reason)) => return Look::Silent(reason),
        };
        self.warn_in_the_clear(&response);
        if response.status() != StatusCode::OK {
            return Look::Unusable(refusal(response).await.map_or_else(|reason| reason, |refusal| refusal.message));
        }
        match read(response).await {
            Ok(status) if status.protocol != PROTOCOL => Look::Unusable(format!(
                "it (MCPbox {}) speaks protocol {}, this server {PROTOCOL}; run the same version of MCPbox on both",
                status.version, status.protocol
            )),
            Ok(status) if status.is_ending => Look::Unusable("it is ending".into()),
            Ok(status) => Look::Usable(status.sandbox),
            Err(reason) => Look::Unusable(reason),
        }
    }

    fn warn_in_the_clear(&mut self, response: &Response<Incoming>) {
        let address = response.extensions().get::<HttpInfo>().map(|info| info.remote_addr().ip());
        let Some(address) = address.filter(|address| !is_private(*address)) else { return };
        if self.has_warned || !self.worker.name().starts_with("http://") {
            return;
        }
        self.has_warned = true;
        tracing::warn!(
            worker.url = self.worker.name(),
            worker.address = %address,
            "the key and the secrets of calls travel to this worker unencrypted over a public network; use https:// or a private network"
        );
    }
}

async fn read(response: Response<Incoming>) -> Result<WorkerStatus, String> {
    let body = Limited::new(response.into_body(), STATUS_MAX).collect().await;
    let bytes = body.map_err(|error| format!("its status broke off: {error}"))?.to_bytes();
    serde_json::from_slice(&bytes)
        .map_err(|_| "its status cannot be read; run the same version of MCPbox on both".to_owned())
}
