//! What became of a conversation → the outcome an LLM or a person sees: kind, sentence, hint. All texts leave scrubbed.

use std::collections::BTreeSet;

use mcpbox_core::{
    execute::{Execution, HostAttempt, HostOutcome, Observed, Outcome, ToolOutput},
    failure::{Failure, FailureKind},
    name::SecretKey,
    server::Limits,
};
use mcpbox_egress::Session;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    call::{Ended, Finish},
    wire::{SaidFailure, Seen, WireError},
    zygote::Exit,
};

/// Names kept as evidence per kind; a tool that invents more proves nothing.
const NAMES_MAX: usize = 200;

/// The body of a result frame.
#[derive(Deserialize)]
struct Body {
    value: Value,
    #[serde(default)]
    content: Vec<Value>,
}

/// The outcome of a conversation.
pub(crate) fn outcome(ended: Ended, execution: &Execution, session: &Session) -> Outcome {
    let Ended { finish, output, seen, exit, duration } = ended;
    let limits = &execution.limits;
    let result = match finish {
        Finish::Returned(body) => returned(&body, session),
        Finish::Failed(said) => Err(said_failure(said, limits, session)),
        Finish::Asked(failure) => Err(failure),
        Finish::TimedOut => Err(timed_out(limits)),
        Finish::Broke(WireError::TooLarge { what: "result", .. }) => Err(too_large(limits)),
        Finish::Broke(error) => Err(died(&error, exit, limits)),
        Finish::Unlocked(reason) => {
            Err(Failure::new(FailureKind::Unavailable, format!("the sandbox could not be locked down: {reason}"))
                .hint("The tool did not run. Ask the operator to run 'mcpbox doctor'"))
        }
    };
    let wall_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let mut observed = observed(seen, exit, wall_us, execution);
    for names in [&mut observed.modules, &mut observed.denied_modules] {
        *names = std::mem::take(names).iter().map(|name| session.scrub_text(name)).collect();
    }
    observed.hosts = session.attempts();
    let result = result.map_err(|failure| told_by_proxy(failure, &observed.hosts));
    Outcome { result, stdout: session.scrub_text(&output.into_text()), observed }
}

/// An outcome of a call that no child ever saw.
pub(crate) fn unavailable(failure: Failure) -> Outcome {
    Outcome { result: Err(failure), stdout: String::new(), observed: Observed::default() }
}

#[expect(
    clippy::result_large_err,
    reason = "Failure is the vocabulary of core; boxing it here would only move the copy"
)]
fn returned(body: &[u8], session: &Session) -> Result<ToolOutput, Failure> {
    let Body { value, content } = serde_json::from_slice(body)
        .map_err(|error| Failure::new(FailureKind::Exception, format!("the result is not valid JSON: {error}")))?;
    let content = content.into_iter().map(|block| session.scrub_json(block)).collect();
    Ok(ToolOutput { value: session.scrub_json(value), content })
}

fn said_failure(said: SaidFailure, limits: &Limits, session: &Session) -> Failure {
    let kind = match said.kind.as_str() {
        "syntax" => FailureKind::Syntax,
        "import_denied" => FailureKind::ImportDenied,
        "host_denied" => FailureKind::HostDenied,
        "secret_missing" => FailureKind::SecretMissing,
        "memory" => {
            return Failure {
                line: said.line,
                snippet: said.snippet.map(|text| session.scrub_text(&text)),
                ..memory(limits)
            };
        }
        "invalid_arguments" => FailureKind::InvalidArguments,
        "output_too_large" => FailureKind::OutputTooLarge,
        "cannot_ask" => FailureKind::CannotAsk,
        _ => FailureKind::Exception,
    };
    let scrub = |text: String| session.scrub_text(&text);
    Failure {
        line: said.line,
        snippet: said.snippet.map(scrub),
        traceback: said.traceback.map(scrub),
        hint: said.hint.map(scrub),
        ..Failure::new(kind, scrub(said.message))
    }
}

/// A package that speaks HTTP by itself wraps what the proxy told it in errors of its own: a refusal stays a refusal.
fn told_by_proxy(failure: Failure, attempts: &[HostAttempt]) -> Failure {
    let plain = |text: &str| text.replace(['"', '\'', '\\'], "");
    let message = plain(&failure.message);
    let refusals = attempts.iter().filter(|attempt| attempt.outcome == HostOutcome::Denied);
    let is_refusal = failure.kind == FailureKind::Exception
        && refusals.into_iter().any(|attempt| message.contains(&plain(&attempt.detail)));
    if is_refusal { Failure { kind: FailureKind::HostDenied, ..failure } } else { failure }
}

fn timed_out(limits: &Limits) -> Failure {
    let seconds = limits.timeout_ms as f64 / 1000.0;
    Failure::new(FailureKind::Timeout, format!("the tool did not finish within {seconds} s and was ended"))
        .hint("Do less per call, or ask the admin for a longer timeout of this server")
}

fn too_large(limits: &Limits) -> Failure {
    Failure::new(
        FailureKind::OutputTooLarge,
        format!("the result is larger than {} bytes of JSON", limits.result_bytes),
    )
    .hint("Return less: page, filter or summarise, and let the caller ask for the next part")
}

fn memory(limits: &Limits) -> Failure {
    let megabytes = limits.memory_bytes >> 20;
    Failure::new(FailureKind::Memory, format!("the tool used more than its {megabytes} MiB of memory"))
        .hint("Process data in parts instead of all at once, or ask the admin for more memory for this server")
}

fn died(error: &WireError, exit: Option<Exit>, limits: &Limits) -> Failure {
    let Some(exit) = exit else {
        return Failure::new(FailureKind::Unavailable, "the sandbox ended while the tool ran")
            .hint("Call again if the tool may run twice: it may already have had effects");
    };
    if exit.signal() == Some(24) || exit.cpu_us >= limits.cpu_ms.div_ceil(1000) * 1_000_000 {
        let seconds = limits.cpu_ms as f64 / 1000.0;
        return Failure::new(
            FailureKind::Cpu,
            format!("the tool used more than {seconds} s of CPU time and was ended"),
        )
        .hint("Use a faster algorithm or less data, or ask the admin for more CPU time for this server");
    }
    if exit.ran_out_of_memory {
        return memory(limits);
    }
    // C code that gets no memory aborts or crashes instead of raising.
    if matches!(exit.signal(), Some(6 | 7 | 11)) && exit.peak_bytes > limits.memory_bytes / 4 * 3 {
        return memory(limits);
    }
    let what = match (error, exit.signal(), exit.code()) {
        (WireError::Closed, Some(11 | 7), _) => "the tool's process crashed (segmentation fault)".to_owned(),
        (WireError::Closed, Some(6), _) => "the tool's process aborted itself".to_owned(),
        (WireError::Closed, Some(31), _) => "the tool's process was ended for a forbidden system call".to_owned(),
        (WireError::Closed, Some(9), _) => "the tool's process closed its channel instead of answering".to_owned(),
        (WireError::Closed, Some(signal), _) => format!("the tool's process was ended by signal {signal}"),
        (WireError::Closed, None, Some(code)) => {
            format!("the tool's process exited with code {code} instead of returning a result")
        }
        (error, ..) => error.to_string(),
    };
    Failure::new(FailureKind::Exception, what).hint("Return the result from main, or raise an exception with a message")
}

fn observed(seen: Seen, exit: Option<Exit>, duration_us: u64, execution: &Execution) -> Observed {
    let granted: BTreeSet<&SecretKey> = execution.secrets.iter().map(|secret| &secret.key).collect();
    let keys = seen.secrets.iter().filter_map(|key| SecretKey::parse(key).ok());
    let names = |names: BTreeSet<String>| {
        names
            .into_iter()
            .filter(|name| name.len() <= 200 && !name.chars().any(char::is_control))
            .take(NAMES_MAX)
            .collect()
    };
    // What a living process says of itself is bounded by what is possible; of a dead one the zygote knows.
    let said_cpu = seen.cpu_us.min(duration_us.saturating_mul(64));
    Observed {
        entry: execution.entry.clone(),
        hosts: Vec::new(),
        modules: names(seen.modules),
        denied_modules: names(seen.denied_modules),
        secrets: keys.filter(|key| granted.contains(key)).collect(),
        duration_us,
        cpu_us: exit.map_or(said_cpu, |exit| exit.cpu_us),
        peak_memory_bytes: exit.map_or(seen.peak_kb.saturating_mul(1024), |exit| exit.peak_bytes),
    }
}
