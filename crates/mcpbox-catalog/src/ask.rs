//! Questions of a run to the user of its client. In the older era the run waits for the answer. In the newer it ends with the question;
//! the client sends the same request again with the answer, and the run begins anew, with all answers it was given before. What was
//! asked and answered is kept here, sealed, under a token that only the client knows: for one use, by the same caller, with the same
//! arguments, of the same version, on any replica.

mod canned;
mod state;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use mcpbox_core::{
    ask::{Action, Asking, Came, QUESTIONS_MAX, Question, Reply, Rounds, cannot_ask},
    execute::{BoxFuture, Observer, Outcome, Questions, ToolCalls},
    failure::{Failure, FailureKind},
    hash::ContentHash,
    task::Begun,
};
use serde_json::{Map, Value, json};

pub(crate) use self::canned::canned;
use self::state::{Kept, Told};
use crate::{Catalog, CatalogError, PublishedTool, call::Origin, offers::Offer, validate};

/// How often a person is asked again whose answer does not fit the form.
const TRIES: usize = 3;
/// Longest message that a record repeats, characters.
const SHOWN_MAX: usize = 200;

/// Asks for one run.
pub(crate) struct Asker {
    asking: Asking,
    /// What the run is: who called which version with which arguments.
    binding: ContentHash,
    /// What was asked when the run ended last.
    asked: Option<(String, ContentHash)>,
    /// What was answered in earlier rounds.
    earlier: Vec<Told>,
    count: AtomicUsize,
    /// One question at a time.
    turn: tokio::sync::Mutex<()>,
    came: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    told: Vec<Told>,
    notes: Vec<String>,
    /// With what the run ended.
    ended: Option<End>,
}

enum End {
    Asked(String, Question),
    Refused(Failure),
}

impl Asker {
    /// For a run that is `binding`, with what the client sent back of an earlier round.
    ///
    /// # Errors
    /// `invalid_arguments` for a state that is none of this caller and call, too old, or used before.
    pub(crate) async fn open(
        cat: &Catalog,
        asking: Asking,
        binding: impl FnOnce() -> ContentHash,
    ) -> Result<Self, Failure> {
        let binding = match &asking {
            Asking::Again(_) => binding(),
            // Nothing is kept of these.
            Asking::Unable(_) | Asking::Waiting(_) => ContentHash(String::new()),
        };
        let kept = match &asking {
            Asking::Again(rounds) => match &rounds.state {
                Some(token) => Some(Box::pin(state::take(cat, token, &binding)).await.inspect_err(|failure| {
                    rounds.end(Came::Refused(failure.clone()));
                })?),
                None => None,
            },
            Asking::Unable(_) | Asking::Waiting(_) => None,
        };
        let (asked, earlier) = kept.map_or((None, Vec::new()), |kept| (Some((kept.key, kept.digest)), kept.told));
        Ok(Self { asked, earlier, ..Self::new(asking, binding) })
    }

    fn new(asking: Asking, binding: ContentHash) -> Self {
        Self {
            asking,
            binding,
            asked: None,
            earlier: Vec::new(),
            count: AtomicUsize::new(0),
            turn: tokio::sync::Mutex::default(),
            came: Mutex::default(),
        }
    }

    /// An observer through which the run asks.
    pub(crate) fn observer(self: &Arc<Self>, heard: Arc<dyn Observer>) -> Arc<dyn Observer> {
        Arc::new(Asks { heard, asker: Arc::clone(self) })
    }

    /// After the run: keeps what it asked for the next round, and gives the lines about its questions.
    pub(crate) async fn close(&self, cat: &Catalog, outcome: &mut Outcome) -> Vec<String> {
        let (ended, told, notes) = {
            let mut came = self.lock();
            (came.ended.take(), std::mem::take(&mut came.told), std::mem::take(&mut came.notes))
        };
        let Asking::Again(rounds) = &self.asking else { return notes };
        match ended {
            Some(End::Asked(key, question)) if outcome.result.as_ref().is_err_and(is_asked) => {
                if let Err(error) = Box::pin(self.keep(cat, rounds, told, (key, question))).await {
                    outcome.result = Err(error.into_failure());
                }
            }
            Some(End::Refused(failure)) => {
                rounds.end(Came::Refused(failure.clone()));
                outcome.result = Err(failure);
            }
            _ => {}
        }
        notes
    }

    async fn keep(
        &self,
        cat: &Catalog,
        rounds: &Rounds,
        told: Vec<Told>,
        (key, question): (String, Question),
    ) -> Result<(), CatalogError> {
        let kept = Kept { binding: self.binding.clone(), told, key: key.clone(), digest: question.digest() };
        let state = state::keep(cat, &kept).await?;
        rounds.end(Came::Asked { key, question, state });
        Ok(())
    }

    async fn put(&self, number: usize, asked: Value) -> Result<Reply, Failure> {
        let question = Question::parse(&asked)?;
        if number >= QUESTIONS_MAX {
            let failure =
                Failure::new(FailureKind::RateLimited, format!("a run asks at most {QUESTIONS_MAX} questions"));
            return Err(failure.hint("ask for several things in one form"));
        }
        let reply = match &self.asking {
            Asking::Unable(why) => return Err(cannot_ask(why)),
            Asking::Waiting(user) => {
                let mut tries = 0;
                loop {
                    match fitting(&question, user.ask(&question).await?) {
                        Ok(reply) => break reply,
                        Err(_) if tries + 1 < TRIES => tries += 1,
                        Err(problems) => {
                            let message = format!("the answer does not fit the form: {}", problems.join("; "));
                            return Err(Failure::new(FailureKind::InvalidArguments, message));
                        }
                    }
                }
            }
            Asking::Again(rounds) => self.answer_of_rounds(number, &question, rounds)?,
        };
        let mut came = self.lock();
        let shown: String = question.message.chars().take(SHOWN_MAX).collect();
        came.notes.push(format!("asked the user: {shown} → {}", reply.action.as_str()));
        came.told.push(Told { digest: question.digest(), reply: reply.clone() });
        Ok(reply)
    }

    /// The answer of an earlier round or of this request; without one the run ends here.
    fn answer_of_rounds(&self, number: usize, question: &Question, rounds: &Rounds) -> Result<Reply, Failure> {
        if let Some(earlier) = self.earlier.get(number) {
            return if earlier.digest == question.digest() {
                Ok(earlier.reply.clone())
            } else {
                Err(changed(question))
            };
        }
        if rounds.is_left() {
            return Err(cannot_ask("the call takes so long that it has become a task; a tool asks first, then acts"));
        }
        let key = question.key.clone().unwrap_or_else(|| format!("question_{}", number + 1));
        if let Some((asked_key, digest)) = self.asked.as_ref().filter(|_| number == self.earlier.len())
            && (*asked_key != key || *digest != question.digest())
        {
            return Err(changed(question));
        }
        let sent = rounds.answers.get(&key).map(|sent| Reply::parse(sent).ok_or_else(|| no_answer(&key)));
        match sent {
            Some(Err(failure)) => Err(self.end(question, End::Refused(failure))),
            Some(Ok(reply)) => match fitting(question, reply) {
                Ok(reply) => Ok(reply),
                Err(_) => Err(self.end(question, End::Asked(key, question.clone()))),
            },
            None => Err(self.end(question, End::Asked(key, question.clone()))),
        }
    }

    /// Ends the run.
    fn end(&self, question: &Question, end: End) -> Failure {
        self.lock().ended.get_or_insert(end);
        let shown: String = question.message.chars().take(SHOWN_MAX).collect();
        Failure::new(FailureKind::Asked, format!("asked the user: {shown}"))
            .hint("The client shows the question and sends the call again with the answer")
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Questions for Asker {
    fn ask(&self, question: Value) -> BoxFuture<'_, Result<Value, Failure>> {
        // Numbered as they are asked, whatever is answered first.
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            self.put(number, question).await.map(|reply| json!(reply))
        })
    }
}

/// What exactly is called, by whom.
pub(crate) fn binding(
    tool: &PublishedTool,
    offer: Option<&Offer>,
    origin: Origin<'_>,
    arguments: &Map<String, Value>,
) -> ContentHash {
    let entry = offer.map(Offer::entry).unwrap_or_default();
    ContentHash::of(&json!({
        "who": origin.who.actor(), "tool": tool.tool_id, "version": tool.version_id, "entry": entry, "arguments": arguments,
    }))
}

/// Whether a failure only says that the run asked.
fn is_asked(failure: &Failure) -> bool {
    failure.kind == FailureKind::Asked
}

/// The answer with the fields of the form alone.
///
/// # Errors
/// What does not fit.
fn fitting(question: &Question, mut reply: Reply) -> Result<Reply, Vec<String>> {
    if reply.action != Action::Accept {
        return Ok(reply);
    }
    let fields = question.schema.get("properties").and_then(Value::as_object);
    reply.content.retain(|name, _| fields.is_some_and(|fields| fields.contains_key(name)));
    let form = Value::Object(question.schema.clone());
    let validator = validate::compile(&form).map_err(|error| vec![error])?;
    let problems = validate::problems(&validator, &Value::Object(reply.content.clone()), "answer");
    if problems.is_empty() { Ok(reply) } else { Err(problems) }
}

fn changed(question: &Question) -> Failure {
    let shown: String = question.message.chars().take(SHOWN_MAX).collect();
    let message = format!("the run asked something else before than '{shown}', so the earlier answers do not count");
    Failure::new(FailureKind::Conflict, message).hint(
        "A tool is run from its beginning after each answer: it must ask the same questions in the same order, whatever time, chance \
         or the network say; ask first, then act",
    )
}

fn no_answer(key: &str) -> Failure {
    let message = format!("inputResponses.{key} is no answer to a question");
    Failure::new(FailureKind::InvalidArguments, message)
        .hint("send {\"action\": \"accept\", \"content\": {…}}, or the action decline or cancel")
}

/// Hears a run, and asks for it.
struct Asks {
    heard: Arc<dyn Observer>,
    asker: Arc<Asker>,
}

impl Observer for Asks {
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
        Some(self.asker.as_ref())
    }
}
