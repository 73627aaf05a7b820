//! `mcpbox audit verify`: walks the hash chain of all audit events.

use anyhow::bail;
use mcpbox_catalog::listing::{self, ChainCheck};
use serde_json::Value;

use crate::{config::Config, console::print_line, control::Control, data_dir::DataDir, offline};

/// Checks the chain, through the running server or, when none runs, in the database.
///
/// # Errors
/// The chain is broken, or cannot be read.
pub(crate) async fn verify(config: &Config) -> anyhow::Result<()> {
    let dir = DataDir::open(&config.data_dir)?;
    let check = match dir.try_lock()? {
        Some(_lock) => {
            let catalog = offline::open_catalog(config, &dir).await?;
            let checked = listing::verify_audit(&catalog).await;
            catalog.close().await;
            checked.map_err(offline::readable)?
        }
        None => of_server(&Control::new(dir.path()).get("/audit/verify").await?),
    };
    match check {
        ChainCheck::Intact { rows } => {
            print_line(&format!("The audit log is intact: {rows} events, each chained to the one before."));
            Ok(())
        }
        ChainCheck::Broken { sequence } => {
            bail!("the audit log was changed from outside at event {sequence}; restore a backup from before")
        }
    }
}

fn of_server(answer: &Value) -> ChainCheck {
    let number = |field: &str| answer.get(field).and_then(Value::as_i64).unwrap_or(0);
    if answer.get("intact").and_then(Value::as_bool) == Some(true) {
        ChainCheck::Intact { rows: number("rows").unsigned_abs() }
    } else {
        ChainCheck::Broken { sequence: number("broken_at") }
    }
}
