//! `mcpbox doctor`: what this machine has and lacks. The layers of the jail are really tried, with a throw-away process.

use std::time::Duration;

use anyhow::bail;
use mcpbox_sandbox::{LayerReport, Sandbox, WorkerState};
use mcpbox_store::Location;
use serde_json::json;

use crate::{
    config::{Config, Role, WorkerSettings},
    connection::{self, Asked},
    console::{print, print_line},
    data_dir::{self, DataDir},
    serve::{parts, runner::watch},
};

/// Checks everything and prints the report.
///
/// # Errors
/// Something mandatory is missing.
pub(crate) async fn run(config: &Config, json: bool) -> anyhow::Result<()> {
    let mut reports = Vec::new();
    match DataDir::open(&config.data_dir) {
        Ok(dir) => {
            reports.push(directory_report(&dir));
            if !config.is_worker() {
                reports.push(key_report(config));
                reports.push(database_report(config, &dir).await);
            }
            match &config.role {
                Role::Server { workers: Some(workers), .. } => reports.extend(worker_reports(workers).await?),
                _ => reports.extend(Sandbox::probe(&parts::sandbox_config(config, &dir)?).await),
            }
        }
        Err(error) => reports.push(mandatory(
            "data directory",
            "a directory that may be written",
            &Err(error),
            "everything is stored there",
        )),
    }
    match tell(&reports, json) {
        true => Ok(()),
        false => bail!("something that is needed is missing; the report says what to do"),
    }
}

/// Checks whether clients elsewhere can connect, and prints the report.
///
/// # Errors
/// They cannot.
pub(crate) async fn connect(asked: &Asked, json: bool) -> anyhow::Result<()> {
    match tell(&connection::check(asked).await, json) {
        true => Ok(()),
        false => bail!("clients cannot connect; the report says at which hop, and what to do"),
    }
}

/// Prints the report; whether everything is there that must be.
fn tell(reports: &[LayerReport], json: bool) -> bool {
    let is_ok = reports.iter().all(|report| report.ok || !report.mandatory);
    if json {
        print_line(&format!("{:#}", json!({"ok": is_ok, "checks": reports})));
    } else {
        print(&readable(reports));
    }
    is_ok
}

/// One line a check; why and fix where it is not as wanted.
fn readable(reports: &[LayerReport]) -> String {
    let width = reports.iter().map(|report| report.layer.len()).max().unwrap_or(0);
    let line = |report: &LayerReport| {
        let mark = if report.ok {
            "ok    "
        } else if report.mandatory {
            "FAILS "
        } else {
            "weak  "
        };
        let head = format!("{mark} {:width$}  {}: {}\n", report.layer, report.wanted, report.got);
        if report.ok { head } else { format!("{head}       {:width$}  {}. {}\n", "", report.why, report.fix) }
    };
    reports.iter().map(line).collect()
}

/// A check of our own. A failure's sentence names its fix itself.
fn mandatory(layer: &str, wanted: &str, found: &anyhow::Result<String>, why: &str) -> LayerReport {
    let (got, fix) = match found {
        Ok(got) => (got.clone(), String::new()),
        Err(error) => ("missing".to_owned(), format!("{error:#}")),
    };
    LayerReport {
        layer: layer.to_owned(),
        wanted: wanted.to_owned(),
        got,
        ok: found.is_ok(),
        mandatory: true,
        why: why.to_owned(),
        fix,
    }
}

fn directory_report(dir: &DataDir) -> LayerReport {
    let user = match (dir.try_lock(), data_dir::running(dir.path())) {
        (Ok(None), Some(server)) => format!(", in use by process {} ({})", server.pid, server.address()),
        (Ok(None), None) => ", in use".to_owned(),
        _ => String::new(),
    };
    let found = Ok(format!("{}{user}", dir.path().display()));
    mandatory("data directory", "a directory that may be written", &found, "everything is stored there")
}

fn key_report(config: &Config) -> LayerReport {
    let file = config.key_file.display();
    let found = match (&config.key, config.key_file.exists()) {
        (_, true) => format!("in {file}"),
        (Some(_), false) => "from the environment".to_owned(),
        (None, false) => format!("will be made in {file}"),
    };
    mandatory("encryption key", "a key for secrets at rest", &Ok(found), "a stolen database must not tell secrets")
}

/// Each worker is really asked. One is enough to run tools, but a missing one is meant to be there.
async fn worker_reports(workers: &WorkerSettings) -> anyhow::Result<Vec<LayerReport>> {
    let watched = watch(workers).await?;
    let report = |(url, state): (String, WorkerState)| {
        let found = match state {
            WorkerState::Up(status) => Ok(format!("{url}: {} Python {}", status.detail, status.python)),
            WorkerState::Down(reason) => Err(anyhow::anyhow!("{url}: {reason}")),
            WorkerState::Unknown => Err(anyhow::anyhow!("{url} was not asked")),
        };
        mandatory("sandbox worker", "a worker that answers", &found, "tools run there and nowhere else")
    };
    let reports = watched.states().into_iter().map(report).collect();
    watched.shutdown(Duration::ZERO).await;
    Ok(reports)
}

/// SQLite needs nothing; a database server is really asked.
async fn database_report(config: &Config, dir: &DataDir) -> LayerReport {
    let location = parts::location(config, dir);
    let found = match &location {
        Location::Sqlite(path) => Ok(format!("SQLite in {}", path.display())),
        Location::Postgres(_) => parts::open_store(config, dir).await.map(|_| location.to_string()),
    };
    mandatory("database", "a database that answers", &found, "nothing can be stored without it")
}
