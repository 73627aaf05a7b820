//! What is counted about calls. The number of series is bounded: whoever makes many tools gets no memory for it here.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use mcpbox_core::{
    call::{CallRecord, Profile},
    failure::FailureKind,
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use tracing::Instrument;

use super::window::Window;

/// Tools that have series of their own; all further ones share those of [`OTHER`].
pub const TOOLS_MAX: usize = 200;
/// The name of all tools beyond the bound, and of what is no tool.
const OTHER: &str = "other";
/// Upper bounds of times: 0.25 ms, doubling, up to 131 s.
const BUCKETS: (f64, f64, u16) = (0.000_25, 2.0, 20);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Called {
    server: String,
    tool: String,
    profile: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    stage: &'static str,
}

/// A part of a call's way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The tool is found, and the caller may call it.
    Authorise,
    /// Arguments are checked, secrets unsealed, packages there.
    Prepare,
    /// From asking the sandbox to its outcome; waiting for a process is part of it.
    Run,
    /// The result is checked against what the tool promises.
    Check,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Authorise => "authorise",
            Self::Prepare => "prepare",
            Self::Run => "run",
            Self::Check => "check",
        }
    }
}

/// All that is counted about calls of this process.
pub(crate) struct CallMeters {
    calls: Family<Called, Counter>,
    stages: Family<Of, Histogram, fn() -> Histogram>,
    total: Histogram,
    /// Names with series of their own, at most [`TOOLS_MAX`].
    named: Mutex<HashSet<(String, String)>>,
    /// What the last minutes were like.
    pub(super) window: Window,
}

impl CallMeters {
    pub(crate) fn new() -> Arc<Self> {
        let stages = Family::new_with_constructor(seconds as fn() -> Histogram);
        for stage in [Stage::Authorise, Stage::Prepare, Stage::Run, Stage::Check] {
            // Shown from the start, so that rates are right from the first call on.
            let _shown = stages.get_or_create_owned(&Of { stage: stage.word() });
        }
        Arc::new(Self {
            calls: Family::default(),
            stages,
            total: seconds(),
            named: Mutex::default(),
            window: Window::default(),
        })
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "calls",
            "Runs by server, tool (at most 200, then 'other'), profile, and how they ended: ok, or the kind of failure",
            self.calls.clone(),
        );
        registry.register("call_stage_seconds", "Time of a stage of a call", self.stages.clone());
        registry.register(
            "call_seconds",
            "Time of a whole run, from opening its record to closing it",
            self.total.clone(),
        );
    }

    /// Does a stage of a call, measured and as a span of its trace.
    pub(crate) async fn stage<T>(&self, stage: Stage, work: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let span = tracing::info_span!(target: super::TRACE, "stage", otel.name = stage.word());
        let done = work.instrument(span).await;
        self.stages.get_or_create(&Of { stage: stage.word() }).observe(started.elapsed().as_secs_f64());
        done
    }

    /// Counts a run that ended as its record says.
    pub(crate) fn ended(&self, record: &CallRecord, took: Duration) {
        let outcome = record.failure.as_ref().map_or("ok", |failure| failure.kind.as_str());
        tracing::Span::current().record("outcome", outcome);
        self.total.observe(took.as_secs_f64());
        self.count(&record.server_name, &record.tool_name, profile(record.profile), outcome);
        if record.profile == Profile::Live {
            self.window.count(record.failure.as_ref().is_some_and(|failure| is_trouble(failure.kind)));
        }
    }

    /// Counts a call that ended before there was a run.
    pub(crate) fn refused(&self, kind: FailureKind) {
        self.count(OTHER, OTHER, profile(Profile::Live), kind.as_str());
    }

    fn count(&self, server: &str, tool: &str, profile: &'static str, outcome: &'static str) {
        let (server, tool) = match self.has_name(server, tool) {
            true => (server.to_owned(), tool.to_owned()),
            false => (OTHER.to_owned(), OTHER.to_owned()),
        };
        self.calls.get_or_create(&Called { server, tool, profile, outcome }).inc();
    }

    /// Whether this tool is counted by its name.
    fn has_name(&self, server: &str, tool: &str) -> bool {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (server.to_owned(), tool.to_owned());
        named.contains(&name) || (named.len() < TOOLS_MAX && named.insert(name))
    }
}

/// Whether a failure speaks against tools or machine, not against the caller.
fn is_trouble(kind: FailureKind) -> bool {
    !matches!(
        kind,
        FailureKind::InvalidArguments
            | FailureKind::NotFound
            | FailureKind::NotLive
            | FailureKind::Forbidden
            | FailureKind::RateLimited
            | FailureKind::Cancelled
            | FailureKind::Conflict
            | FailureKind::CannotAsk
            | FailureKind::Asked
    )
}

fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Live => "live",
        Profile::Quarantine => "quarantine",
    }
}

fn seconds() -> Histogram {
    let (least, factor, count) = BUCKETS;
    Histogram::new(exponential_buckets(least, factor, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_beyond_the_bound_share_their_series() {
        let meters = CallMeters::new();
        for number in 0..TOOLS_MAX * 3 {
            meters.count("server", &format!("tool_{number}"), "live", "ok");
            meters.count("server", "tool_0", "live", "timeout");
        }
        let mut registry = Registry::default();
        meters.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let series = text.lines().filter(|line| line.starts_with("calls_total{")).count();
        assert_eq!(series, TOOLS_MAX + 2, "all named, one of them twice, and the rest as one");
        let rest =
            format!("calls_total{{server=\"other\",tool=\"other\",profile=\"live\",outcome=\"ok\"}} {}", TOOLS_MAX * 2);
        assert!(text.contains(&rest), "{text}");
    }
}
