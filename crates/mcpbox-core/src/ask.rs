//! Questions that a run asks the user of its client: a message and a flat form, as the elicitation of MCP has them
//! (<https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation>). What a run asks is checked here, before a
//! client sees it.

mod form;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    execute::BoxFuture,
    failure::{Failure, FailureKind},
    hash::ContentHash,
};

/// Questions of one run. Clients of the newer era follow a request for about ten rounds.
pub const QUESTIONS_MAX: usize = 8;
/// How long a run waits for people, in all its questions together.
pub const WAIT_MAX: Duration = Duration::from_secs(600);
/// Longest message, characters.
const MESSAGE_MAX: usize = 2_000;
/// Longest key, characters.
const KEY_MAX: usize = 64;

/// A question that may be put to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What the person reads.
    pub message: String,
    /// Names the question among those of its run; none when its author gave none.
    pub key: Option<String>,
    /// The form: `{"type": "object", "properties": {…}}`, each property a text, number, yes or no, or a choice.
    pub schema: Map<String, Value>,
}

impl Question {
    /// Reads what a run asks: `{message, key?, schema?}`.
    ///
    /// # Errors
    /// `invalid_arguments` that says what a form may hold.
    #[expect(
        clippy::result_large_err,
        reason = "Failure is the vocabulary of core; boxing it here would only move the copy"
    )]
    pub fn parse(asked: &Value) -> Result<Self, Failure> {
        let message = asked.get("message").and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if message.is_empty() || message.chars().count() > MESSAGE_MAX {
            return Err(refused(format!("a question is a text of 1 to {MESSAGE_MAX} characters")));
        }
        let key = match asked.get("key") {
            None | Some(Value::Null) => None,
            Some(Value::String(key)) if is_name(key) => Some(key.clone()),
            Some(_) => return Err(refused(format!("the key of a question is 1 to {KEY_MAX} letters, digits and _"))),
        };
        let schema = match asked.get("schema") {
            None | Some(Value::Null) => form::empty(),
            Some(schema) => form::checked(schema).map_err(refused)?,
        };
        Ok(Self { message: message.to_owned(), key, schema })
    }

    /// Names exactly this question.
    pub fn digest(&self) -> ContentHash {
        ContentHash::of(&json!({"message": self.message, "key": self.key, "schema": self.schema}))
    }
}

fn is_name(text: &str) -> bool {
    (1..=KEY_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidArguments, message).hint(
        "ctx.elicit(message, {\"field\": str, \"size\": [\"small\", \"large\"]}) or a flat JSON schema: text, number, bool, choices",
    )
}

/// What a person did with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Answered it.
    Accept,
    /// Said no to it.
    Decline,
    /// Closed it without a decision.
    Cancel,
}

impl Action {
    /// The word of the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// What the person did.
    pub action: Action,
    /// The fields of the form, when it was answered.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub content: Map<String, Value>,
}

impl Reply {
    /// Reads an answer as the protocol has it; none when it is no answer.
    pub fn parse(sent: &Value) -> Option<Self> {
        let action = serde_json::from_value(sent.get("action")?.clone()).ok()?;
        let content = match (action, sent.get("content")) {
            (Action::Accept, Some(Value::Object(content))) => content.clone(),
            (Action::Accept, Some(Value::Null) | None) | (Action::Decline | Action::Cancel, _) => Map::new(),
            (Action::Accept, Some(_)) => return None,
        };
        Some(Self { action, content })
    }
}

/// Puts a question to a person while the run waits. Dropping the future takes it back.
pub trait User: Send + Sync + 'static {
    /// What they answered, as the client sent it; not yet checked against the form.
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// How the user of a client can be asked.
#[derive(Clone)]
pub enum Asking {
    /// Not at all, and why: a sentence.
    Unable(&'static str),
    /// While the run waits (2025-11-25).
    Waiting(Arc<dyn User>),
    /// The run ends with the question, and the client sends the same request again with the answer (2026-07-28).
    Again(Arc<Rounds>),
}

/// Why a run without a client cannot ask.
pub const NOBODY: Asking = Asking::Unable("nobody is there who could be asked");

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unable(_) => "Unable",
            Self::Waiting(_) => "Waiting",
            Self::Again(_) => "Again",
        })
    }
}

/// What a request brought of questions that were asked before, and what came of it.
#[derive(Debug, Default)]
pub struct Rounds {
    /// The state that the client was given with the question, as it sent it back.
    pub state: Option<String>,
    /// Its answers, by the keys of the questions.
    pub answers: BTreeMap<String, Value>,
    came: Mutex<Option<Came>>,
    is_left: AtomicBool,
}

/// What came of a request that may ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Came {
    /// The run asks this.
    Asked {
        /// Names the question to the client.
        key: String,
        /// It.
        question: Question,
        /// What the client sends back with the answer.
        state: String,
    },
    /// What the client sent is no answer to what it was asked.
    Refused(Failure),
}

impl Rounds {
    /// What a request brought.
    pub fn new(state: Option<String>, answers: BTreeMap<String, Value>) -> Self {
        Self { state, answers, ..Self::default() }
    }

    /// From now on the request has no answer that could ask: something else took its place.
    pub fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
    }

    /// See [`Rounds::leave`].
    pub fn is_left(&self) -> bool {
        self.is_left.load(Ordering::Relaxed)
    }

    /// Notes what came of the request.
    pub fn end(&self, came: Came) {
        *self.came.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
    }

    /// What came of it; none when it ended without a question.
    pub fn came(&self) -> Option<Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A failure of a run that wants to ask and cannot.
pub fn cannot_ask(why: &str) -> Failure {
    Failure::new(FailureKind::CannotAsk, format!("the user cannot be asked: {why}")).hint(
        "Ask them in the chat and call again with what they said, if the tool takes it as an argument; or call from a client that \
         supports elicitation",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_needs_a_message_and_a_usable_key() {
        let good = Question::parse(&json!({"message": " Go on? ", "key": "go_on"})).unwrap();
        assert_eq!((good.message.as_str(), good.key.as_deref()), ("Go on?", Some("go_on")));
        assert_eq!(good.schema, form::empty());
        for wrong in [
            json!({}),
            json!({"message": "  "}),
            json!({"message": "x".repeat(2_001)}),
            json!({"message": "x", "key": "a b"}),
            json!({"message": "x", "key": ""}),
            json!({"message": "x", "key": 1}),
            json!({"message": "x", "schema": []}),
        ] {
            assert_eq!(Question::parse(&wrong).unwrap_err().kind, FailureKind::InvalidArguments, "{wrong}");
        }
    }

    #[test]
    fn only_what_the_protocol_calls_an_answer_is_one() {
        let read = |sent: Value| Reply::parse(&sent).map(|reply| (reply.action, Value::Object(reply.content)));
        assert_eq!(read(json!({"action": "accept", "content": {"a": 1}})), Some((Action::Accept, json!({"a": 1}))));
        assert_eq!(read(json!({"action": "decline", "content": {"a": 1}})), Some((Action::Decline, json!({}))));
        assert_eq!(read(json!({"action": "cancel"})), Some((Action::Cancel, json!({}))));
        for wrong in [json!(12345), json!({}), json!({"action": "yes"}), json!({"action": "accept", "content": 5})] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }
}
