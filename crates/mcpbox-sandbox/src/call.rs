//! One call: the conversation with the child that runs it, until it answers, dies or its time is up.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use mcpbox_core::{
    execute::{Execution, Observer, Program},
    failure::{Failure, FailureKind},
    name::SecretKey,
    secret::SecretMode,
    server::CodePolicy,
};
use mcpbox_egress::{Admission, Session};
use mcpbox_jail::PROXY_PORT;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use crate::{
    wire::{Reader, RunLimits, Said, SaidFailure, Say, Seen, WireError, frame},
    zygote::{Child, Exit},
};

mod clock;
mod fetches;
mod outbox;
mod output;
mod tools;

use clock::Clock;
use fetches::Requests;
use outbox::Outbox;
pub(crate) use output::Output;
use tools::ToolCalls;

/// Progress and log messages passed on per call; a tool that says more is talking to nobody.
const MESSAGES_MAX: u32 = 5_000;
/// Room around the value in the body of a result.
const RESULT_ENVELOPE: usize = 64;

/// How a conversation ended.
#[derive(Debug)]
pub(crate) enum Finish {
    /// `main` returned this JSON.
    Returned(Bytes),
    /// The runner reported a failure.
    Failed(SaidFailure),
    /// It asked the user, and begins anew when they answered.
    Asked(Failure),
    /// The wall clock limit was reached.
    TimedOut,
    /// The child died, or broke the protocol.
    Broke(WireError),
    /// The child could not be locked down and never saw the call.
    Unlocked(String),
}

/// All that is known after a conversation.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) finish: Finish,
    pub(crate) output: Output,
    pub(crate) seen: Seen,
    pub(crate) exit: Option<Exit>,
    pub(crate) duration: Duration,
}

/// What a conversation needs.
pub(crate) struct Call<'a> {
    pub(crate) execution: &'a Execution,
    pub(crate) session: &'a Arc<Session>,
    pub(crate) observer: &'a dyn Observer,
    /// The compiled program, when it is known.
    pub(crate) code: Option<Bytes>,
}

impl Call<'_> {
    /// Runs it on `child`, which is dead afterwards.
    pub(crate) async fn run(self, mut child: Child) -> Ended {
        let started = Instant::now();
        let clock = Clock::new(Duration::from_millis(self.execution.limits.timeout_ms));
        let mut output = Output::new(self.execution.limits.stdout_bytes);
        let mut seen = Seen::default();
        child.limit_memory(self.execution.limits.memory_bytes);
        let mut talk = Talk::new(&self, &child, &clock);
        // Ends with the conversation, and with it every connection that was made through the proxy.
        let admission = child.proxy().map(|gate| gate.admit(Arc::clone(self.session)));
        talk.outbox.push(self.run_frame(admission.as_ref()));
        let finish = tokio::select! {
            biased;
            finish = talk.until_answer(&mut output, &mut seen) => finish,
            () = clock.run_out() => Finish::TimedOut,
        };
        let duration = started.elapsed();
        drop(admission);
        output.drain(&child.output);
        let exit = match &finish {
            // It answered; what it does now is of no interest.
            Finish::Returned(_) | Finish::Failed(_) => None,
            _ => child.end().await,
        };
        Ended { finish, output, seen, exit, duration }
    }

    fn run_frame(&self, admission: Option<&Admission>) -> Bytes {
        let program = &self.execution.program;
        let limits = self.execution.limits;
        let arguments = serde_json::to_vec(&self.execution.arguments).unwrap_or_default();
        let code = self.code.as_deref().unwrap_or_default();
        let say = Say::Run {
            policy: match program.policy {
                CodePolicy::Strict => "strict",
                CodePolicy::Standard => "standard",
            },
            modules: modules(program),
            proxy: admission.map(|admission| format!("http://{}@127.0.0.1:{PROXY_PORT}", admission.credentials())),
            secrets: &self.secrets(),
            limits: RunLimits {
                memory_bytes: limits.memory_bytes,
                cpu_s: limits.cpu_ms.div_ceil(1000),
                result_bytes: limits.result_bytes,
            },
            sizes: [program.source.len(), code.len()],
            entry: &self.execution.entry,
            tools: self.observer.tools().is_some(),
        };
        frame(&say, &[program.source.as_bytes(), code, &arguments])
    }

    /// What the code sees of its secrets: placeholders, and values of those that are revealed to it.
    fn secrets(&self) -> BTreeMap<&str, String> {
        let visible = |key: &SecretKey| {
            let secret = self.execution.secrets.iter().find(|secret| secret.key == *key)?;
            match secret.mode {
                SecretMode::Sealed => self.session.placeholder(key),
                SecretMode::Revealed => Some(secret.value.expose_secret().to_owned()),
            }
        };
        let keys = self.execution.secrets.iter().map(|secret| &secret.key);
        keys.filter_map(|key| Some((key.as_str(), visible(key)?))).collect()
    }
}

/// The modules that strict code may import, as far as its source asks for them: the process parses the list in every call.
fn modules(program: &Program) -> Vec<&str> {
    let asked: BTreeSet<_> = program.imports.iter().map(|name| top(name)).collect();
    let granted = program.modules.iter().map(String::as_str);
    match program.policy {
        CodePolicy::Strict => granted.filter(|name| asked.contains(top(name))).collect(),
        CodePolicy::Standard => Vec::new(),
    }
}

fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// The state of a conversation.
struct Talk<'a> {
    call: &'a Call<'a>,
    child: &'a Child,
    clock: &'a Clock,
    reader: Reader,
    requests: Requests<'a>,
    tools: ToolCalls<'a>,
    outbox: Outbox,
    messages: u32,
    /// The child is locked down: from now on tool code may be what speaks.
    is_locked: bool,
}

impl<'a> Talk<'a> {
    fn new(call: &'a Call<'a>, child: &'a Child, clock: &'a Clock) -> Self {
        Self {
            call,
            child,
            clock,
            reader: Reader::default(),
            requests: Requests::default(),
            tools: ToolCalls::of(call.observer),
            outbox: Outbox::default(),
            messages: 0,
            is_locked: child.is_locked,
        }
    }

    async fn until_answer(mut self, output: &mut Output, seen: &mut Seen) -> Finish {
        let result_max =
            usize::try_from(self.call.execution.limits.result_bytes).unwrap_or(usize::MAX) + RESULT_ENVELOPE;
        loop {
            tokio::select! {
                biased;
                said = self.reader.next(&self.child.stream, result_max) => {
                    let finish = match said {
                        Ok((said, body)) => self.hear(said, body, seen),
                        Err(error) => Some(Finish::Broke(error)),
                    };
                    if let Some(finish) = finish {
                        return finish;
                    }
                    if self.outbox.is_flooded() {
                        return Finish::Broke(WireError::Garbage("requests without end, their answers unread".into()));
                    }
                }
                () = self.outbox.send(&self.child.stream), if !self.outbox.is_empty() => {}
                Some(step) = self.requests.next(), if self.requests.is_busy() => self.requests.tell(step, &mut self.outbox),
                Some((id, ended)) = self.tools.next(), if self.tools.is_busy() && !self.outbox.is_full() => {
                    if let Err(failure) = &ended && failure.kind == FailureKind::Asked {
                        return Finish::Asked(failure.clone());
                    }
                    self.outbox.tool(id, &ended);
                    self.clock.stand_still(self.tools.is_asking());
                }
                () = output.read(&self.child.output), if output.is_open() => {}
            }
        }
    }

    fn hear(&mut self, said: Said, body: Bytes, seen: &mut Seen) -> Option<Finish> {
        match said {
            Said::Parked if !self.is_locked => self.is_locked = true,
            Said::Broken { reason } if !self.is_locked => return Some(Finish::Unlocked(reason)),
            Said::Parked | Said::Broken { .. } => {
                return Some(Finish::Broke(WireError::Garbage("its start was reported long ago".into())));
            }
            Said::Http { id, method, url, headers, timeout_ms, more } => {
                let request =
                    mcpbox_egress::FetchRequest { method, url, headers, body, follow_redirects: false, timeout_ms };
                self.requests.begin(self.call.session, id, (request, more), &mut self.outbox);
            }
            Said::HttpBody { id, request, more } => self.requests.send(id, request, (body, more), &mut self.outbox),
            Said::HttpRead { id, request } => self.requests.read(id, request, &mut self.outbox),
            Said::HttpClose { request } => self.requests.close(request),
            Said::Tool { id, name } => self.tools.begin(id, name, &body, &mut self.outbox),
            Said::Ask { id } => {
                self.tools.ask(id, &body, self.call.session, &mut self.outbox);
                self.clock.stand_still(self.tools.is_asking());
            }
            Said::Progress { done, total, message } if self.may_speak() => {
                let message = message.map(|text| self.call.session.scrub_text(&text));
                self.call.observer.progress(done, total, message);
            }
            Said::Log { message } if self.may_speak() => {
                self.call.observer.log(self.call.session.scrub_text(&message));
            }
            Said::Progress { .. } | Said::Log { .. } => {}
            Said::Result(what) => {
                *seen = what;
                return Some(Finish::Returned(body));
            }
            Said::Error { failure, seen: what } => {
                *seen = what;
                return Some(Finish::Failed(failure));
            }
            Said::Code => return Some(Finish::Broke(WireError::Garbage("a program nobody asked for".into()))),
        }
        None
    }

    fn may_speak(&mut self) -> bool {
        self.messages = self.messages.saturating_add(1);
        self.messages <= MESSAGES_MAX
    }
}
