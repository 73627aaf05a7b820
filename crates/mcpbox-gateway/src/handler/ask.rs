//! Questions of a run to the user of the client, as the era of the client has them: a request of the server's own on the stream of the
//! call that waits, or an answer that asks for more and ends the call.

use std::sync::Arc;

use mcpbox_core::{
    ask::{Action, Asking, Came, Question, Reply, Rounds, User, WAIT_MAX, cannot_ask},
    execute::{BoxFuture, Observer, Questions, ToolCalls},
    failure::Failure,
    task::Begun,
};
use rmcp::{
    ErrorData, Peer, RoleServer,
    model::{
        ClientResult, ElicitRequest, ElicitRequestParams, ElicitationAction, InputRequest, InputRequiredResult,
        InputResponses, ServerRequest,
    },
    service::{PeerRequestOptions, RequestContext, ServiceError},
};
use serde_json::json;
use tokio::sync::Semaphore;

use super::era::{is_modern, server_meta};
use crate::gateway::Gateway;

const NOT_DECLARED: &str = "the client did not say that it can show forms (the capability elicitation)";

/// How a request may ask.
pub(super) struct Ask {
    asking: Asking,
}

/// What a request that may ask came to.
pub(super) enum Ended<T> {
    Complete(T),
    InputRequired(InputRequiredResult),
}

impl Ask {
    /// Of a request, with what it brought of an earlier round.
    pub(super) fn of(
        gateway: &Gateway,
        context: &RequestContext<RoleServer>,
        (state, answers): (Option<String>, Option<InputResponses>),
    ) -> Self {
        let declared = context.client_capabilities().and_then(|capabilities| capabilities.elicitation);
        // Neither form nor URL is how older clients say "form".
        let shows_forms = declared.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none());
        let asking = match (shows_forms, is_modern(context)) {
            (false, _) => Asking::Unable(NOT_DECLARED),
            (true, true) => Asking::Again(Arc::new(Rounds::new(state, answers.unwrap_or_default()))),
            (true, false) => {
                let places = Arc::clone(&gateway.questions);
                Asking::Waiting(Arc::new(OfPeer { peer: context.peer.clone(), places }))
            }
        };
        Self { asking }
    }

    /// An observer of runs that may ask so.
    pub(super) fn observer(&self, heard: Arc<dyn Observer>) -> Arc<dyn Observer> {
        Arc::new(MayAsk { heard, asking: self.asking.clone() })
    }

    /// The answer to the request: what came of it, or the question it ended with.
    ///
    /// # Errors
    /// −32602 when what the client sent is no answer to what it was asked.
    pub(super) fn ended<T>(&self, result: Result<T, ErrorData>) -> Result<Ended<T>, ErrorData> {
        let came = match &self.asking {
            Asking::Again(rounds) => rounds.came(),
            Asking::Unable(_) | Asking::Waiting(_) => None,
        };
        match came {
            None => result.map(Ended::Complete),
            Some(Came::Refused(failure)) => {
                let message = match &failure.hint {
                    Some(hint) => format!("{failure}; {hint}"),
                    None => failure.to_string(),
                };
                Err(ErrorData::invalid_params(message, Some(json!(failure))))
            }
            Some(Came::Asked { key, question, state }) => {
                let request = InputRequest::Elicitation(ElicitRequest::new(params(&question)?));
                let requests = [(key, request)].into_iter().collect();
                let asked = InputRequiredResult::new(Some(requests), Some(state));
                Ok(Ended::InputRequired(asked.with_meta(server_meta())))
            }
        }
    }
}

fn params(question: &Question) -> Result<ElicitRequestParams, ErrorData> {
    let schema = serde_json::from_value(json!(question.schema));
    let requested_schema = schema.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(ElicitRequestParams::FormElicitationParams { meta: None, message: question.message.clone(), requested_schema })
}

/// Hears a run, and says how it may ask.
struct MayAsk {
    heard: Arc<dyn Observer>,
    asking: Asking,
}

impl Observer for MayAsk {
    fn begins(&self, run: Begun) {
        self.heard.begins(run);
    }

    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.heard.progress(done, total, message);
    }

    fn log(&self, message: String) {
        self.heard.log(message);
    }

    fn tools(&self) -> Option<&dyn ToolCalls> {
        self.heard.tools()
    }

    fn questions(&self) -> Option<&dyn Questions> {
        self.heard.questions()
    }

    fn asking(&self) -> Asking {
        self.asking.clone()
    }
}

/// The user of a client with a session.
struct OfPeer {
    peer: Peer<RoleServer>,
    places: Arc<Semaphore>,
}

impl User for OfPeer {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let place = self.places.try_acquire();
            let _place =
                place.map_err(|_| cannot_ask("too many questions wait for people already; try again later"))?;
            let params = params(question).map_err(|_| cannot_ask("the form cannot be sent"))?;
            let request = ServerRequest::ElicitRequest(ElicitRequest::new(params));
            let sent = self.peer.send_cancellable_request(request, PeerRequestOptions::with_timeout(WAIT_MAX)).await;
            let answered = match sent {
                Ok(handle) => handle.await_response().await,
                Err(error) => Err(error),
            };
            match answered {
                Ok(ClientResult::ElicitResult(answer)) => {
                    let sent = json!({"action": action(&answer.action).as_str(), "content": answer.content});
                    Reply::parse(&sent).ok_or_else(|| cannot_ask("the client sent no answer"))
                }
                Ok(_) => Err(cannot_ask("the client sent no answer")),
                Err(ServiceError::Timeout { .. }) => Err(cannot_ask("nobody answered in time")),
                Err(error) => {
                    tracing::debug!(%error, "a question was not answered");
                    Err(cannot_ask("the client did not show the question"))
                }
            }
        })
    }
}

fn action(said: &ElicitationAction) -> Action {
    match said {
        ElicitationAction::Accept => Action::Accept,
        ElicitationAction::Decline => Action::Decline,
        _ => Action::Cancel,
    }
}
