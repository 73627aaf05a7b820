//! One request of a session: decided, filled with secrets, sent, and written down as evidence.

use std::sync::{Arc, PoisonError};

use mcpbox_core::execute::HostOutcome;

use super::{MAX_REFUSED_TARGETS, Session};
use crate::{
    attempts::OpenAttempt,
    error::FetchError,
    gate,
    hop::{Hop, Outgoing},
    mock,
    redirect::{self, Next},
    reply::Reply,
    secrets::Filler,
    transport::Payload,
    upload::{Progress, Upload, UploadBody},
};

/// A body that comes in parts, and what is known of it.
pub(super) struct Sending {
    pub(super) upload: Upload,
    /// The length that the tool announced.
    pub(super) declared: Option<u64>,
    pub(super) progress: Progress,
}

impl Session {
    /// One request and the beginning of its answer, with its line of evidence.
    pub(super) async fn exchange(
        &self,
        hop: &Hop,
        sending: Option<Sending>,
    ) -> Result<(Reply, OpenAttempt), FetchError> {
        let attempt = self.log.open(&hop.destination, &hop.method);
        let outcome = match &self.http_mocks {
            Some(mocks) => mock::answer(mocks, hop),
            None => self.exchange_live(hop, sending).await,
        };
        match outcome {
            Ok(reply) => Ok((reply, attempt)),
            Err(error) => {
                attempt.close_with(&error);
                Err(error)
            }
        }
    }

    /// Remembers where this answer must not lead.
    pub(super) fn remember_refused_target(&self, hop: &Hop, reply: &Reply) {
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
    async fn exchange_live(&self, hop: &Hop, sending: Option<Sending>) -> Result<Reply, FetchError> {
        let (broker, to) = (&*self.broker, &hop.destination);
        let granted = gate::check_grant(&self.hosts, to, &hop.method)?;
        self.check_refused_targets(hop)?;
        let outgoing = match sending {
            None => hop.fill(&self.vault, broker.config.max_request_bytes)?,
            Some(sending) => self.fill_upload(hop, sending).await?,
        };
        let addresses = gate::approve_addresses(&*broker.resolver, &broker.nat64, to, granted).await?;
        let mut reply = broker.transport.send(to, &addresses, outgoing).await?;
        if self.vault.has_sealed() {
            reply.scrub(&self.vault, hop.method == "HEAD", broker.config.max_response_bytes);
        }
        Ok(reply)
    }

    /// A body in parts. What is short is sent like a whole one; a long one keeps its length unless a secret changes it.
    async fn fill_upload(&self, hop: &Hop, sending: Sending) -> Result<Outgoing, FetchError> {
        let Sending { upload, mut declared, progress } = sending;
        let max_bytes = self.broker.config.max_request_bytes;
        let place = hop.body_place();
        let to = hop.destination.clone();
        let mut filler = Filler::new(Arc::clone(&self.vault), place, to, hop.method.clone());
        let (beginning, rest) = if self.vault.has_sealed() {
            let begun = upload.look_ahead(hop.body.clone(), &progress).await?;
            let Some(rest) = begun.rest else {
                return Hop { body: begun.beginning, ..hop.clone() }.fill(&self.vault, max_bytes);
            };
            declared = declared.filter(|_| !self.vault.has_placeholder(&begun.beginning));
            (begun.beginning, rest)
        } else {
            (hop.body.clone(), upload)
        };
        if declared.is_some() {
            filler.keep_length();
        }
        let body = UploadBody::new((beginning, rest), filler, declared, (max_bytes, progress));
        hop.fill_head(&self.vault, Payload::Parts(Box::new(body)))
    }

    /// What the evidence says of an answer. A mock answers without a grant; then it says that one is needed.
    pub(super) fn answered(&self, hop: &Hop, reply: &Reply) -> (HostOutcome, String) {
        if self.http_mocks.is_none() {
            return (HostOutcome::Reached, reply.status.to_string());
        }
        let detail = match gate::check_grant(&self.hosts, &hop.destination, &hop.method) {
            Ok(_) => format!("{} (mock)", reply.status),
            Err(_) => format!("{} (mock); the host is not granted yet", reply.status),
        };
        (HostOutcome::Mocked, detail)
    }
}
