//! What is counted about all listeners of this process.

use std::sync::LazyLock;

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct At {
    listener: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Because {
    listener: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    listener: &'static str,
    status: u16,
}

/// Why something is refused; all are shown from the start.
const REASONS: [&str; 6] =
    ["connections", "connections_of_address", "slow_head", "slow_body", "large_bodies", "unclear_client"];

#[derive(Default)]
struct All {
    connections: Family<At, Gauge>,
    let_go: Family<At, Counter>,
    refused: Family<Because, Counter>,
    requests: Family<Answered, Counter>,
}

static ALL: LazyLock<(All, Registry)> = LazyLock::new(|| {
    let all = All::default();
    let mut it = Registry::with_prefix("mcpbox_http");
    it.register("connections", "Connections that are open", all.connections.clone());
    it.register("connections_let_go", "Connections closed to make room for others", all.let_go.clone());
    it.register("refused", "Connections and requests refused by a limit of the listener", all.refused.clone());
    it.register("requests", "Requests answered, by status", all.requests.clone());
    (all, it)
});

/// The numbers of all listeners, as lines of the OpenMetrics text format without its end mark.
pub fn metrics() -> String {
    let mut lines = String::new();
    // Writing to a text cannot fail.
    let _ = text::encode_registry(&mut lines, &ALL.1);
    lines
}

/// The handles of one listener.
pub(crate) struct Meter {
    listener: &'static str,
    pub(crate) connections: Gauge,
    pub(crate) let_go: Counter,
}

impl Meter {
    pub(crate) fn new(listener: &'static str) -> Self {
        let at = &At { listener };
        for reason in REASONS {
            let _shown = ALL.0.refused.get_or_create_owned(&Because { listener, reason });
        }
        Self {
            listener,
            connections: ALL.0.connections.get_or_create_owned(at),
            let_go: ALL.0.let_go.get_or_create_owned(at),
        }
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        ALL.0.refused.get_or_create(&Because { listener: self.listener, reason }).inc();
    }

    pub(crate) fn answered(&self, status: u16) {
        ALL.0.requests.get_or_create(&Answered { listener: self.listener, status }).inc();
    }
}
