//! The user of a test: says what the test was given to say.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use mcpbox_core::{
    ask::{Action, Asking, QUESTIONS_MAX, Question, Reply, User},
    execute::BoxFuture,
    failure::{Failure, FailureKind},
    hash::ContentHash,
};
use serde_json::Value;

use super::Asker;

/// Asks for a test run: `answers` in order, each the content of a form, or `{action, content}`.
///
/// # Errors
/// `invalid_arguments` for what is no answer.
pub(crate) fn canned(answers: Option<Vec<Value>>) -> Result<Arc<Asker>, Failure> {
    let asking = match answers {
        None => Asking::Unable("a test asks nobody"),
        Some(answers) if answers.len() > QUESTIONS_MAX => {
            return Err(wrong(format!(
                "{} answers are given; a run asks at most {QUESTIONS_MAX} questions",
                answers.len()
            )));
        }
        Some(answers) => {
            let replies: Option<VecDeque<Reply>> = answers.iter().map(reply).collect();
            let replies = replies.ok_or_else(|| wrong("an answer is not of its form".to_owned()))?;
            Asking::Waiting(Arc::new(Canned(Mutex::new(replies))))
        }
    };
    Ok(Arc::new(Asker::new(asking, ContentHash(String::new()))))
}

fn reply(given: &Value) -> Option<Reply> {
    let is_whole =
        given.get("action").is_some_and(|action| ["accept", "decline", "cancel"].iter().any(|word| action == word));
    if is_whole {
        return Reply::parse(given);
    }
    given.as_object().map(|content| Reply { action: Action::Accept, content: content.clone() })
}

fn wrong(message: String) -> Failure {
    Failure::new(FailureKind::InvalidArguments, message)
        .argument("answers")
        .hint("give one for each ctx.elicit, in order: {\"room\": \"bath\"}, or {\"action\": \"decline\"}")
}

struct Canned(Mutex<VecDeque<Reply>>);

impl User for Canned {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Reply, Failure>> {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(async move {
            next.ok_or_else(|| {
                let shown: String = question.message.chars().take(200).collect();
                let message = format!("the user cannot be asked: the test has no answer to '{shown}'");
                Failure::new(FailureKind::CannotAsk, message)
                    .hint("test again with one more in `answers`, in the order of the questions")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_the_content_of_a_form_or_an_action() {
        let read = |given: Value| reply(&given).map(|reply| (reply.action, Value::Object(reply.content)));
        assert_eq!(read(json!({"room": "bath"})), Some((Action::Accept, json!({"room": "bath"}))));
        assert_eq!(read(json!({"action": "decline"})), Some((Action::Decline, json!({}))));
        assert_eq!(read(json!({"action": "jump"})), Some((Action::Accept, json!({"action": "jump"}))));
        assert_eq!(read(json!("bath")), None);
        assert!(canned(Some(vec![json!({}); 9])).is_err());
    }
}
