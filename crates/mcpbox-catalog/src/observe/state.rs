//! What is read when somebody looks: reviews that wait, messages that wait, the sandbox, queues.

use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    execute::SandboxTier,
    review::{Review, Risk},
};
use mcpbox_store::{StoreError, notifications, reviews};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::Catalog;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct At {
    risk: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct In {
    state: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

/// See the module.
#[derive(Default)]
pub(super) struct State {
    database_up: Gauge,
    open: Family<At, Gauge>,
    oldest: Seconds,
    mean: Seconds,
    targets: Family<In, Gauge>,
    notices: Gauge,
    records: Gauge,
    tools: Gauge,
    tier: Gauge,
}

impl State {
    pub(super) fn register(&self, it: &mut Registry) {
        it.register("database_up", "Whether the database answered when this was read", self.database_up.clone());
        it.register("reviews_open", "Reviews that wait for a human, by risk", self.open.clone());
        it.register("review_oldest_age_seconds", "How long the oldest open review waits", self.oldest.clone());
        it.register("review_mean_age_seconds", "How long open reviews wait on average", self.mean.clone());
        it.register("notification_targets", "Notification targets that are on, by how they are", self.targets.clone());
        it.register("notices_waiting", "Notices that some target was not told yet", self.notices.clone());
        it.register("call_records_waiting", "Records of runs that are not written yet", self.records.clone());
        it.register("tools_live", "Tools that can be called", self.tools.clone());
        it.register("sandbox_tier", "Which tier holds: 1, 2, or 0 for none", self.tier.clone());
    }

    /// Brings all numbers up to date. Those of a database that does not answer stay as they were.
    pub(super) async fn read(&self, cat: &Catalog) {
        self.records.set(count(cat.records.waiting()));
        self.tools.set(count(cat.snapshot().published().len()));
        self.tier.set(tier(cat.executor.status().tier));
        let read = self.read_store(cat).await;
        self.database_up.set(i64::from(read.is_ok()));
        if let Err(error) = read {
            tracing::warn!(%error, "the numbers about reviews and notifications could not be read");
        }
    }

    async fn read_store(&self, cat: &Catalog) -> Result<(), StoreError> {
        let reader = cat.store.reader();
        self.show_reviews(&reviews::open_all(&reader).await?, cat.clock.now());
        let latest = notifications::latest(&reader).await?;
        let deliveries = notifications::deliveries(&reader).await?;
        let failing = deliveries.iter().filter(|delivery| delivery.attempts > 0).count();
        let state = |state, number| {
            self.targets.get_or_create(&In { state }).set(count(number));
        };
        state("well", deliveries.len() - failing);
        state("failing", failing);
        self.notices.set(deliveries.iter().map(|delivery| latest - delivery.told).max().unwrap_or_default());
        Ok(())
    }

    fn show_reviews(&self, open: &[Review], now: DateTime<Utc>) {
        let age = |review: &Review| (now - review.created_at).as_seconds_f64().max(0.0);
        for (risk, word) in
            [(Risk::Low, "low"), (Risk::Medium, "medium"), (Risk::High, "high"), (Risk::Critical, "critical")]
        {
            let number = open.iter().filter(|review| review.risk == risk).count();
            self.open.get_or_create(&At { risk: word }).set(count(number));
        }
        let ages: f64 = open.iter().map(age).sum();
        let number = u32::try_from(open.len()).unwrap_or(u32::MAX);
        self.mean.set(if number == 0 { 0.0 } else { ages / f64::from(number) });
        self.oldest.set(open.iter().map(age).fold(0.0, f64::max));
    }
}

fn tier(tier: SandboxTier) -> i64 {
    match tier {
        SandboxTier::Full => 1,
        SandboxTier::NoNamespaces => 2,
        SandboxTier::None => 0,
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
