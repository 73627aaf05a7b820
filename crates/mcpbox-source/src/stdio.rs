//! A program in the jail, spoken to in lines: each message is one line of JSON on its standard input or output. It is somebody
//! else's: what it writes is taken at a pace and up to a size, and one that does not read is let go of.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Buf as _, BytesMut};
use mcpbox_core::{
    program::{ProgramHost, ProgramStart, ProgramValue},
    source::SourceTarget,
};
use mcpbox_egress::{Broker, Session, SessionGrants};
use rmcp::{
    RoleClient,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::Transport,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
    sync::Mutex,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    end::End,
    errors::{self, Errors},
    handshake::EVENT_MAX,
    http::Unreachable,
    pace::Pace,
    refusals,
    way::Way,
};

/// Time to take a message.
const TAKEN: Duration = Duration::from_secs(10);
/// Bytes that are taken at once.
const PART: usize = 64 << 10;
/// Lines in a row that are no message: more, and it does not speak the protocol.
const STRAY_MAX: usize = 1_000;
/// How long its last words are waited for.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A program that runs.
pub(crate) struct Stdio {
    /// Empty once the connection is closed, which tells the program to end.
    input: Arc<Mutex<Option<pipe::Sender>>>,
    output: Option<pipe::Receiver>,
    buffer: BytesMut,
    /// How much of the buffer holds no end of a line.
    seen: usize,
    stray: usize,
    pace: Pace,
    /// Takes out the secrets that it got.
    scrubber: Option<Arc<Session>>,
    errors: Arc<Errors>,
    listening: JoinHandle<()>,
    end: Arc<End>,
    /// Why its host stopped it.
    stopped: Arc<OnceLock<String>>,
    /// Keeps it running.
    hold: Option<Box<dyn Send + Sync>>,
}

impl Stdio {
    /// Starts the program of `target`.
    ///
    /// # Errors
    /// A sentence: programs do not run here, or this one cannot.
    pub(crate) async fn start(
        host: Option<&Arc<dyn ProgramHost>>,
        broker: &Arc<Broker>,
        target: &SourceTarget,
        errors: &Arc<Errors>,
        end: &Arc<End>,
    ) -> Result<Self, String> {
        let host = host.ok_or(
            "it is a program, and this process starts none: programs need the sandbox in the process itself, and tools run on \
             workers here (MCPBOX_SANDBOX_URL)",
        )?;
        let rule = *target.rule.program.clone().ok_or("it names no program")?;
        let secrets = &target.secrets;
        let value = |(name, value): (&String, &ProgramValue)| match value {
            ProgramValue::Secret(key) => {
                secrets.iter().find(|secret| secret.key == *key).map(|secret| (name.clone(), secret.value.clone()))
            }
            ProgramValue::Value(_) => None,
        };
        let environment = rule.env.iter().filter_map(value).collect();
        let grants = SessionGrants { hosts: rule.hosts.clone().into(), secrets: secrets.clone(), http_mocks: None };
        let session = Arc::new(broker.session(grants).of_program(refusals::teller(target, errors)));
        let way = (!rule.hosts.is_empty()).then(|| Way::new(Arc::clone(&session)));
        let credentials = way.as_ref().map(Way::credentials);
        let running = host.start(ProgramStart { id: target.id, rule, environment, credentials }).await?;
        let way = way.map(|way| way.open(running.proxy)).transpose()?;
        let scrubber = (!secrets.is_empty()).then_some(session);
        let clean = scrubber.clone();
        let scrub =
            move |text: &str| clean.as_ref().map_or_else(|| text.to_owned(), |session| session.scrub_text(text));
        let fail = |error: std::io::Error| format!("its streams cannot be used: {error}");
        Ok(Self {
            input: Arc::new(Mutex::new(Some(pipe::Sender::from_owned_fd(running.input).map_err(fail)?))),
            output: Some(pipe::Receiver::from_owned_fd(running.output).map_err(fail)?),
            buffer: BytesMut::new(),
            seen: 0,
            stray: 0,
            pace: Pace::default(),
            scrubber,
            errors: Arc::clone(errors),
            listening: tokio::spawn(errors::read(running.errors, Arc::clone(errors), scrub)),
            end: Arc::clone(end),
            stopped: running.stopped,
            hold: Some(Box::new((running.hold, way))),
        })
    }

    /// The next message; none when there is none left. May be given up and asked again: what was read stays.
    async fn next(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            self.pace.turn().await;
            while let Some(line) = self.line() {
                self.pace.count(line.len());
                match self.message(&line) {
                    Some(message) => {
                        self.stray = 0;
                        return Some(message);
                    }
                    None if line.iter().all(u8::is_ascii_whitespace) => {}
                    None => self.stray += 1,
                }
                self.pace.turn().await;
            }
            if self.stray > STRAY_MAX {
                return self.over("it writes something else than messages to its standard output".to_owned());
            }
            if self.buffer.len() > EVENT_MAX {
                return self.over(format!("it wrote a line of more than {} KiB", EVENT_MAX >> 10));
            }
            let output = self.output.as_mut()?;
            self.buffer.reserve(PART);
            let read = tokio::select! {
                read = output.read_buf(&mut self.buffer) => read,
                () = self.end.reached() => return None,
            };
            match read {
                Ok(1..) => self.pace.count(0),
                Ok(0) => {
                    let _ = timeout(LAST_WORDS, &mut self.listening).await;
                    return self.over(match self.stopped.get() {
                        Some(why) => format!("it was stopped: {why}"),
                        None => format!("it ended{}", self.errors.last_words()),
                    });
                }
                Err(error) => return self.over(format!("it cannot be read: {error}")),
            }
        }
    }

    /// A whole line that was read.
    fn line(&mut self) -> Option<BytesMut> {
        let rest = self.buffer.get(self.seen..).unwrap_or_default();
        let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
            self.seen = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.seen + at);
        self.buffer.advance(1);
        self.seen = 0;
        Some(line)
    }

    fn message(&self, line: &[u8]) -> Option<ServerJsonRpcMessage> {
        let message = match &self.scrubber {
            None => serde_json::from_slice(line),
            Some(session) => serde_json::from_slice::<Value>(line)
                .map(|value| session.scrub_json(value))
                .and_then(serde_json::from_value),
        };
        message.inspect_err(|error| tracing::debug!(%error, "a program wrote a line that is no message")).ok()
    }

    fn over(&mut self, why: String) -> Option<ServerJsonRpcMessage> {
        self.end.note(why);
        self.output = None;
        None
    }
}

impl Transport<RoleClient> for Stdio {
    type Error = Unreachable;

    fn name() -> Cow<'static, str> {
        "stdio".into()
    }

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Unreachable>> + Send + 'static {
        let (input, end) = (Arc::clone(&self.input), Arc::clone(&self.end));
        async move {
            let mut line = serde_json::to_vec(&message).map_err(|error| Unreachable(error.to_string()))?;
            line.push(b'\n');
            let written = timeout(TAKEN, async {
                match &mut *input.lock().await {
                    Some(input) => input.write_all(&line).await.map_err(|error| format!("it ended: {error}")),
                    None => Err("the connection was closed".to_owned()),
                }
            });
            let why = match written.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(why)) => why,
                Err(_) => format!("it did not read a message within {} s", TAKEN.as_secs()),
            };
            // Part of a line may be written: nothing that follows could be understood.
            if end.why().is_none() {
                tokio::time::sleep(LAST_WORDS).await;
            }
            end.note(why.clone());
            Err(Unreachable(end.why().unwrap_or(why)))
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        self.next().await
    }

    async fn close(&mut self) -> Result<(), Unreachable> {
        self.end.note("the connection was closed");
        self.output = None;
        // One that hangs in the middle of a message holds it; then the end of what keeps the program does it.
        if let Ok(mut input) = self.input.try_lock() {
            *input = None;
        }
        self.hold = None;
        Ok(())
    }
}
