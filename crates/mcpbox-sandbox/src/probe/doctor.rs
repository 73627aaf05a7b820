//! What `mcpbox doctor` asks of the sandbox: every layer, then every probe, in a throw-away jail of the best tier there is.

use std::{collections::BTreeMap, path::PathBuf};

use mcpbox_core::execute::SandboxTier;
use mcpbox_jail::Layers;
use tokio_util::task::TaskTracker;

use super::{
    ask,
    report::{self, LayerReport},
};
use crate::{
    config::SandboxConfig,
    error::SandboxError,
    metrics::Metrics,
    pool::{Pool, PoolConfig},
    python::find_python,
    runtime::{Profile, Runtime},
    sandbox::Sandbox,
    tier::{self, Standing, Terms},
};

impl Sandbox {
    /// Tries every layer in a throw-away jail. Never fails: what is missing stands in the reports.
    pub async fn probe(config: &SandboxConfig) -> Vec<LayerReport> {
        let tasks = TaskTracker::new();
        let mut reports = vec![report::python(config)];
        match stand(config, &tasks).await {
            Ok((standing, answers)) => {
                reports.extend(report::layers(&standing));
                let is_refused = standing.tier() == SandboxTier::None && !config.insecure_no_sandbox;
                reports.push(if is_refused { report::refused(&standing.missing) } else { report::tier(&standing) });
                reports.extend(report::probes(&answers, standing.layers));
            }
            Err(error) => reports.push(report::broken(&error)),
        }
        tasks.close();
        reports
    }
}

/// The layers that there are, and what the probes answered behind them.
async fn stand(
    config: &SandboxConfig,
    tasks: &TaskTracker,
) -> Result<(Standing, BTreeMap<String, String>), SandboxError> {
    let runtime = runtime(config.data_dir.clone(), config.python.clone()).await?;
    let cgroups = tier::cgroups(config.layers_for_tests);
    let pool = |layers| {
        let pool = PoolConfig {
            max_parked: 0,
            ..PoolConfig::new(config, cgroups.as_ref().ok(), Metrics::new().pool("probe"))
        };
        Pool::new(pool, runtime.jail(Profile::Lean, None, config.limits, layers), tasks.clone())
    };
    // Looks on behind what would end a start, so that everything missing is shown at once, and probes that got through.
    let terms = Terms::here(true);
    let try_with = async |layers: Layers| Ok((ask(&pool(layers), layers).await?, Vec::new()));
    let (answers, standing) = tier::find(config.layers_for_tests, terms, try_with).await?;
    if let Ok(cgroups) = &cgroups {
        cgroups.remove().await;
    }
    Ok((standing.with_cgroups(cgroups), answers))
}

async fn runtime(data_dir: PathBuf, python: Option<PathBuf>) -> Result<Runtime, SandboxError> {
    let prepared = tokio::task::spawn_blocking(move || {
        let python = find_python(python.as_deref())?;
        Runtime::prepare(&data_dir, &python, &|_| {})
    });
    prepared.await.map_err(|error| SandboxError::Zygote(error.to_string()))?
}
