//! `mcpbox audit verify`: walks the hash chain of all audit events, and works every decision out again from it.

use anyhow::bail;
use mcpbox_catalog::verify;
use serde_json::Value;

use super::text;
use crate::{config::Config, console::print_line, control::Control, data_dir::DataDir, offline};

/// Checks chain and decisions, through the running server or, when none runs, in the database.
///
/// # Errors
/// Something was changed from outside, or cannot be read.
pub(crate) async fn verify(config: &Config) -> anyhow::Result<()> {
    let dir = DataDir::open(&config.data_dir)?;
    let report = match dir.try_lock()? {
        Some(_lock) => {
            let catalog = offline::open_catalog(config, &dir).await?;
            let checked = verify::verify_decisions(&catalog).await;
            catalog.close().await;
            serde_json::to_value(checked.map_err(offline::readable)?)?
        }
        None => Control::new(dir.path()).get("/audit/verify").await?,
    };
    let number = |field: &str| report.get(field).and_then(Value::as_i64).unwrap_or(0);
    if let Some(sequence) = report.get("broken_at").and_then(Value::as_i64) {
        bail!("the audit log was changed from outside at event {sequence}; restore a backup from before");
    }
    print_line(&format!("The audit log is intact: {} events, each chained to the one before.", number("rows")));
    if report.get("intact").and_then(Value::as_bool) == Some(true) {
        print_line(&format!(
            "What is stored is what was decided: {} decisions ({} more of deleted tools), {} grants in force, {} approved versions, \
             live tools and settings.",
            number("decisions"),
            number("deleted"),
            number("grants"),
            number("versions")
        ));
        return Ok(());
    }
    let problems = report.get("problems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for problem in problems {
        print_line(&format!("  {}: {}", text(problem, "subject"), text(problem, "message")));
    }
    bail!("{} things are not what was decided; restore a backup from before, or decide them anew", problems.len())
}
