//! The tools that a script calls while it runs, and the questions that any run asks. Who may call what and what may be asked is
//! decided behind [`core::ToolCalls`] and [`core::Questions`]; here is only the conversation. Calls and questions die with it.

use std::{collections::HashSet, future::Future, pin::Pin};

use futures::{StreamExt, stream::FuturesUnordered};
use mcpbox_core::{
    ask::{QUESTIONS_MAX, cannot_ask},
    execute as core,
    failure::{Failure, FailureKind},
};
use mcpbox_egress::Session;
use serde_json::{Map, Value};

use super::outbox::Outbox;

/// Calls that may be under way or wait at once. More are refused: nobody reads what a script has not asked for in earnest.
const AT_ONCE: usize = 128;
/// Longest name that is passed on.
const NAME_MAX: usize = 200;

type Work<'a> = Pin<Box<dyn Future<Output = (u64, Result<Value, Failure>)> + Send + 'a>>;

/// See the module.
pub(super) struct ToolCalls<'a> {
    tools: Option<&'a dyn core::ToolCalls>,
    questions: Option<&'a dyn core::Questions>,
    running: FuturesUnordered<Work<'a>>,
    /// The questions among them.
    asked: HashSet<u64>,
}

impl<'a> ToolCalls<'a> {
    pub(super) fn of(observer: &'a dyn core::Observer) -> Self {
        let (tools, questions) = (observer.tools(), observer.questions());
        Self { tools, questions, running: FuturesUnordered::new(), asked: HashSet::new() }
    }

    /// Puts a question, or refuses it at once. No secret leaves in it.
    pub(super) fn ask(&mut self, id: u64, question: &[u8], session: &Session, outbox: &mut Outbox) {
        let Some(questions) = self.questions else {
            return outbox.tool(id, &Err(cannot_ask("nobody is there who could be asked")));
        };
        if self.asked.len() >= QUESTIONS_MAX {
            let failure =
                Failure::new(FailureKind::RateLimited, format!("more than {QUESTIONS_MAX} questions at once"));
            return outbox.tool(id, &Err(failure.hint("ask for several things in one form")));
        }
        let question = serde_json::from_slice(question).map(|question| session.scrub_json(question));
        let question = question.unwrap_or(Value::Null);
        self.asked.insert(id);
        self.running.push(Box::pin(async move { (id, questions.ask(question).await) }));
    }

    /// Whether a person is thinking.
    pub(super) fn is_asking(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Begins a call, or refuses it at once.
    pub(super) fn begin(&mut self, id: u64, name: String, arguments: &[u8], outbox: &mut Outbox) {
        match self.checked(&name, arguments) {
            Ok((tools, arguments)) => {
                self.running.push(Box::pin(async move { (id, tools.call_tool(name, arguments).await) }));
            }
            Err(failure) => outbox.tool(id, &Err(failure)),
        }
    }

    #[expect(
        clippy::result_large_err,
        reason = "Failure is the vocabulary of core; boxing it here would only move the copy"
    )]
    fn checked(&self, name: &str, arguments: &[u8]) -> Result<(&'a dyn core::ToolCalls, Map<String, Value>), Failure> {
        let tools = self.tools.ok_or_else(|| {
            Failure::new(FailureKind::Forbidden, "this code may not call other tools")
                .hint("only scripts of mcpbox_run_code call tools")
        })?;
        if self.running.len() >= AT_ONCE {
            let message = format!("more than {AT_ONCE} tool calls at once");
            return Err(
                Failure::new(FailureKind::RateLimited, message).hint("await some of them before you begin more")
            );
        }
        let refused = |message: &str| Failure::new(FailureKind::InvalidArguments, message);
        if name.len() > NAME_MAX {
            return Err(refused("the name of the tool is too long"));
        }
        let arguments = serde_json::from_slice(arguments).map_err(|_| {
            refused("the arguments are no JSON object").hint("pass dict, list, str, int, float, bool or None")
        })?;
        Ok((tools, arguments))
    }

    /// Whether any is under way.
    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// Waits until one has ended.
    pub(super) async fn next(&mut self) -> Option<(u64, Result<Value, Failure>)> {
        let ended = self.running.next().await;
        ended.inspect(|(id, _)| {
            self.asked.remove(id);
        })
    }
}
