//! `GET /api/events`: live events as server-sent events. They carry ids, never contents; the page then asks for what
//! it shows. A stream ends with its session and at shutdown.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream};
use http::HeaderMap;
use mcpbox_catalog::session;
use mcpbox_core::event::LiveEvent;
use secrecy::SecretString;
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    auth::{self, Viewer},
    peer::Https,
    problem::Problem,
    state::AdminState,
};

/// How often a silent stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When the browser tries again after a break.
const RETRY: Duration = Duration::from_secs(2);

/// Streams what changes, one JSON object an event (`type` says what). An event `missed` means that some were lost:
/// read everything anew.
#[utoipa::path(
    get, path = "/events", tag = "events",
    responses((status = OK, body = LiveEvent, content_type = "text/event-stream"))
)]
pub(crate) async fn stream(
    State(state): State<AdminState>,
    _: Viewer,
    https: Https,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let follower = Follower { events: state.catalog.subscribe(), session: auth::session_token(&headers, https), state };
    let opening = Event::default().retry(RETRY).comment("connected");
    let rest = stream::unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) });
    let events = stream::iter([opening]).chain(rest).map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat")))
}

/// One open stream.
struct Follower {
    events: broadcast::Receiver<LiveEvent>,
    /// None on the command line's socket.
    session: Option<SecretString>,
    state: AdminState,
}

impl Follower {
    /// The next event; none when the stream has to end.
    async fn next(&mut self) -> Option<Event> {
        let event = tokio::select! {
            () = self.state.shutdown.cancelled() => return None,
            event = self.events.recv() => event,
        };
        // The session of this stream may be the one that ended; when events were lost, it may have been among them.
        let may_have_ended = matches!(event, Ok(LiveEvent::SessionsChanged) | Err(RecvError::Lagged(_)));
        if may_have_ended && !self.is_still_allowed().await {
            return None;
        }
        encode(event)
    }

    async fn is_still_allowed(&self) -> bool {
        match &self.session {
            Some(token) => session::signed_in_from_session(&self.state.catalog, token).await.is_ok(),
            None => true,
        }
    }
}

fn encode(event: Result<LiveEvent, RecvError>) -> Option<Event> {
    match event {
        Ok(event) => Event::default().json_data(&event).ok(),
        Err(RecvError::Lagged(_)) => Some(Event::default().event("missed").data("{}")),
        Err(RecvError::Closed) => None,
    }
}
