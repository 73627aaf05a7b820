//! What `/metrics` and `/health/detail` say, put together from the parts of this process.

use std::{sync::Arc, time::Instant};

use futures::FutureExt;
use mcpbox_admin::Monitor;
use mcpbox_catalog::Catalog;
use mcpbox_core::clock::{Clock, SystemClock};
use mcpbox_sandbox::METRICS_CONTENT_TYPE;

use super::{
    health::{Started, look},
    process,
    runner::Runner,
};
use crate::config::Config;

/// Ends a text in the OpenMetrics format.
const END: &str = "# EOF\n";

/// The parts that are asked.
#[derive(Clone)]
pub(crate) struct Watched {
    /// The hub; a worker has none.
    pub catalog: Option<Arc<Catalog>>,
    /// What runs the tools.
    pub runner: Runner,
}

/// Puts it together.
pub(crate) fn monitor(config: &Config, watched: Watched) -> Monitor {
    let started = Arc::new(Started {
        at: Instant::now(),
        clock: SystemClock.now(),
        data_dir: config.data_dir.clone(),
        role: config.role.word(),
    });
    let (counted, seen) = (watched.clone(), watched);
    let role = config.role.word();
    Monitor {
        metrics: Arc::new(move || text(counted.clone(), role).boxed()),
        content_type: METRICS_CONTENT_TYPE,
        health: Arc::new(move || look(seen.clone(), Arc::clone(&started)).boxed()),
        token: config.metrics_token.clone(),
    }
}

async fn text(watched: Watched, role: &'static str) -> String {
    let mut text = process::metrics(role);
    text.push_str(&mcpbox_listen::metrics());
    if let Some(catalog) = &watched.catalog {
        text.push_str(&catalog.metrics().await);
    }
    let runner = watched.runner.metrics();
    text.push_str(runner.strip_suffix(END).unwrap_or(&runner));
    text.push_str(END);
    text
}
