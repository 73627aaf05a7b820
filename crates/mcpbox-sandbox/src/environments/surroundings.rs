//! What environments share with the rest of the sandbox.

use std::sync::Arc;

use mcpbox_egress::Broker;
use mcpbox_jail::Layers;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cgroup::Cgroups, metrics::Metrics, tier::Standing};

/// What environments share with the rest of the sandbox.
pub(crate) struct Surroundings {
    /// What holds on this machine.
    pub(crate) layers: Layers,
    pub(crate) cgroups: Option<Arc<Cgroups>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Surroundings {
    pub(crate) fn new(standing: &Standing, metrics: &Arc<Metrics>, broker: &Arc<Broker>, tasks: &TaskTracker) -> Self {
        Self {
            layers: standing.layers,
            cgroups: standing.cgroups.clone(),
            metrics: Arc::clone(metrics),
            broker: Arc::clone(broker),
            tasks: tasks.clone(),
            stop: CancellationToken::new(),
        }
    }
}
