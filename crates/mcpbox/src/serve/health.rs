//! `/health/detail`: whether each part can do its work. What calls cannot do without decides whether this process is ready; the rest
//! is told and no more.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use mcpbox_admin::HealthReport;
use mcpbox_catalog::{
    backup::{self, BackupState},
    observe::alerts::DISK_FREE_MIN,
};
use mcpbox_core::{
    clock::{Clock, SystemClock},
    execute::SandboxTier,
};
use serde_json::{Value, json};

use super::monitor::Watched;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The clock may be this far from where it should be since the start.
const CLOCK_JUMP_MAX_S: i64 = 60;

/// What was so at the start.
pub(crate) struct Started {
    /// By a clock that nobody can set.
    pub at: Instant,
    /// By the one that people see.
    pub clock: DateTime<Utc>,
    /// Where data is.
    pub data_dir: PathBuf,
    /// Which part of a server this is.
    pub role: &'static str,
}

/// Looks at every part.
pub(crate) async fn look(watched: Watched, started: Arc<Started>) -> HealthReport {
    let sandbox = sandbox(&watched);
    let mut checks = json!({"sandbox": sandbox, "disk": disk(&started.data_dir), "clock": clock(&started)});
    if let (Some(catalog), Some(checks)) = (&watched.catalog, checks.as_object_mut()) {
        let database = match tokio::time::timeout(PATIENCE, catalog.ping_store()).await {
            Ok(Ok(took)) => json!({"is_ok": true, "latency_ms": took.as_secs_f64() * 1e3}),
            Ok(Err(error)) => json!({"is_ok": false, "message": error.to_string()}),
            Err(_) => json!({"is_ok": false, "message": "the database did not answer within 2 s"}),
        };
        let mut database = database;
        if let Some(database) = database.as_object_mut() {
            database.insert("engine".to_owned(), json!(catalog.store_engine()));
        }
        checks.insert("database".to_owned(), database);
        if let Some(tunnel) = mcpbox_catalog::cloudflare::tunnel_status(catalog) {
            let tunnel = json!({"is_ok": tunnel.is_running, "message": tunnel.message, "restarts": tunnel.restarts});
            checks.insert("cloudflared".to_owned(), tunnel);
        }
        // Only one process of a team keeps backups.
        if let Ok(state) = backup::state(catalog).await {
            checks.insert("backup".to_owned(), backups(&state));
        }
    }
    let is_ok = |name: &str| checks.get(name).is_none_or(|check| check.get("is_ok") == Some(&Value::Bool(true)));
    let is_ready = is_ok("sandbox") && is_ok("database");
    let is_well = is_ready && ["disk", "clock", "backup", "cloudflared"].into_iter().all(is_ok);
    let status = match (is_ready, is_well) {
        (true, true) => "ok",
        (true, false) => "degraded",
        _ => "unavailable",
    };
    let detail = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "role": started.role,
        "uptime_seconds": started.at.elapsed().as_secs(),
        "checks": checks,
    });
    HealthReport { is_ready, detail }
}

/// A schedule that is off, or whose first backup is still to come, is well.
fn backups(state: &BackupState) -> Value {
    json!({
        "is_ok": state.next_at.is_none() || state.failed.is_none(),
        "newest_at": state.items.first().map(|newest| newest.created_at),
        "next_at": state.next_at,
        "message": state.failed.as_ref().map(|failed| &failed.reason),
    })
}

/// Whether a tool could run now. A machine that was told to do without a jail is ready, and says so.
fn sandbox(watched: &Watched) -> Value {
    let status = watched.runner.executor().status();
    let workers = watched.runner.workers();
    let is_ok = match &workers {
        Some(workers) => workers.iter().any(|(_, is_up)| *is_up),
        None => true,
    };
    let workers = workers
        .map(|workers| workers.into_iter().map(|(url, is_up)| json!({"url": url, "is_up": is_up})).collect::<Vec<_>>());
    let tier = match status.tier {
        SandboxTier::Full => 1,
        SandboxTier::NoNamespaces => 2,
        SandboxTier::None => 0,
    };
    json!({
        "is_ok": is_ok, "tier": tier, "message": status.detail, "python": status.python, "parked": status.parked,
        "running": status.running, "queued": status.queued, "base_packages": status.base_ready, "workers": workers,
    })
}

fn disk(data_dir: &std::path::Path) -> Value {
    match rustix::fs::statvfs(data_dir) {
        Ok(disk) => {
            let (free, total) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
            let is_ok = free >= DISK_FREE_MIN;
            let message = (!is_ok).then_some("the disk is almost full; make room, or shorten how long runs are kept");
            json!({"is_ok": is_ok, "free_bytes": free, "total_bytes": total, "message": message})
        }
        Err(error) => json!({"is_ok": false, "message": format!("the data directory cannot be looked at: {error}")}),
    }
}

fn clock(started: &Started) -> Value {
    let should = i64::try_from(started.at.elapsed().as_secs()).unwrap_or(i64::MAX);
    let now = SystemClock.now();
    let jumped = (now - started.clock).num_seconds() - should;
    let is_ok = jumped.abs() <= CLOCK_JUMP_MAX_S;
    let message = (!is_ok).then_some("the clock was set since MCPbox started; sessions and grants end by the new time");
    json!({"is_ok": is_ok, "now": now, "jumped_seconds": jumped, "message": message})
}
