//! How long the database takes, for Prometheus: every statement of this process, by whether it failed. Never its text.

use std::time::{Duration, Instant};

use prometheus_client::{
    metrics::{
        counter::Counter,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::{error::StoreError, store::Store};

/// Upper bounds: 50 µs, times three, up to 30 s.
const BUCKETS: (f64, f64, u16) = (0.000_05, 3.0, 13);

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    seconds: Histogram,
    failed: Counter,
}

impl Meter {
    pub(crate) fn new() -> Self {
        let (least, factor, count) = BUCKETS;
        Self { seconds: Histogram::new(exponential_buckets(least, factor, count)), failed: Counter::default() }
    }

    /// Counts what goes through this connection.
    pub(crate) fn watch(&self, connection: &mut DatabaseConnection) {
        let meter = self.clone();
        connection.set_metric_callback(move |info| {
            meter.seconds.observe(info.elapsed.as_secs_f64());
            if info.failed {
                meter.failed.inc();
            }
        });
    }
}

impl Store {
    /// Adds what it counts about its statements.
    pub fn register(&self, registry: &mut Registry) {
        let meter = &self.0.meter;
        registry.register("statement_seconds", "Time of a statement, all of them", meter.seconds.clone());
        registry.register("statement_failures", "Statements that the database refused", meter.failed.clone());
    }

    /// Asks the database for a sign of life, at its writing connection; how long that took.
    ///
    /// # Errors
    /// It cannot be reached, or not in time.
    pub async fn ping(&self) -> Result<Duration, StoreError> {
        let asked = Instant::now();
        self.0.writer.execute_unprepared("SELECT 1").await?;
        Ok(asked.elapsed())
    }

    /// `sqlite` or `postgresql`.
    pub fn engine(&self) -> &'static str {
        match self.0.writer.get_database_backend() {
            sea_orm::DbBackend::Postgres => "postgresql",
            _ => "sqlite",
        }
    }
}
