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
                reports.extend(report::layers(&standing.missing, standing.tier()));
                reports.push(report::tier(&standing));
                reports.extend(report::probes(&answers, standing.layers));
            }
            Err(SandboxError::Refused { missing, is_root }) => {
                reports.extend(report::layers(&missing, SandboxTier::None));
                reports.push(report::refused(&missing, is_root));
            }
            Err(error) => reports.push(report::broken(&error)),
        }
        tasks.close();
        reports
    }
}

/// The tier a start would get, and what the probes answered in it.
async fn stand(
    config: &SandboxConfig,
    tasks: &TaskTracker,
) -> Result<(Standing, BTreeMap<String, String>), SandboxError> {
    let runtime = runtime(config.data_dir.clone(), config.python.clone()).await?;
    let pool = |layers| {
        let pool = PoolConfig {
            program: config.jail_program.clone(),
            max_parked: 0,
            recycle_after_calls: u64::MAX,
            recycle_after: config.recycle_after,
        };
        Pool::new(pool, runtime.jail(Profile::Lean, None, config.limits, layers), tasks.clone())
    };
    // Judged by the reports: a probe that gets through must be shown there, not end the look.
    let terms = Terms::here(config.insecure_no_sandbox);
    let try_with = async |layers: Layers| Ok((ask(&pool(layers)).await?, Vec::new()));
    let (answers, standing) = tier::find(config.layers_for_tests, terms, try_with).await?;
    Ok((standing, answers))
}

async fn runtime(data_dir: PathBuf, python: Option<PathBuf>) -> Result<Runtime, SandboxError> {
    let prepared = tokio::task::spawn_blocking(move || {
        let python = find_python(python.as_deref())?;
        Runtime::prepare(&data_dir, &python, &|_| {})
    });
    prepared.await.map_err(|error| SandboxError::Zygote(error.to_string()))?
}
