//! Watches over what a remote client has under way: when its token is revoked, its streams end and its running calls stop.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use futures::{StreamExt, future::BoxFuture};
use http::{HeaderMap, header};
use mcpbox_catalog::access;
use rmcp::{RoleServer, service::RequestContext};
use secrecy::{ExposeSecret, SecretString};

use crate::{changes::Changes, gateway::Gateway};

/// How often a token is looked at without news: a personal one ends by itself.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The token that a request showed; travels with it, for what goes on when it was answered.
#[derive(Clone)]
pub(crate) struct Shown(pub(crate) SecretString);

impl Shown {
    /// That of a request; none where nothing can be revoked.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Option<Self> {
        context.extensions.get::<http::request::Parts>().and_then(|parts| parts.extensions.get()).cloned()
    }
}

/// Does `work` as long as `token` is not revoked, and gives what it answers as long; none when it was before there is an
/// answer. `changes` are heard since before the token was looked at, so that no revocation falls in between.
pub(crate) async fn while_allowed<E>(
    gateway: &Arc<Gateway>,
    (token, changes): (SecretString, Changes),
    work: impl Future<Output = Result<Response, E>>,
) -> Option<Result<Response, E>> {
    let mut over: BoxFuture<'static, ()> = Box::pin(over(Arc::clone(gateway), token, changes));
    tokio::select! {
        biased;
        answer = work => Some(answer.map(|response| until(response, over))),
        () = &mut over => None,
    }
}

/// Waits until `token` is revoked.
pub(crate) async fn over(gateway: Arc<Gateway>, token: SecretString, mut changes: Changes) {
    loop {
        tokio::select! {
            // Nobody tells any more: the process stops, and lets what runs end in its own order.
            more = changes.next() => if !more { return std::future::pending().await },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if !access::may_go_on(&gateway.catalog, token.expose_secret()).await {
            return;
        }
    }
}

/// A stream, as long as its client may have it. An answer that is there already goes out as it is.
fn until(response: Response, over: BoxFuture<'static, ()>) -> Response {
    if !is_stream(response.headers()) {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(over)))
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}
