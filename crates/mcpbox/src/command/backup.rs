//! `mcpbox backup`: everything in one file, beside a running server or without one.

use anyhow::{Context, bail};
use mcpbox_catalog::backup::{self, BackupRequest};
use mcpbox_core::clock::{Clock, SystemClock};

use crate::{cli::BackupArgs, config::Config, console::print_line, data_dir::DataDir, password, serve::parts};

/// Writes the backup.
///
/// # Errors
/// In a sentence; no file is left then.
pub(crate) async fn run(config: &Config, args: BackupArgs) -> anyhow::Result<()> {
    let dir = DataDir::open(&config.data_dir)?;
    let location = parts::location(config, &dir);
    let source = parts::key_source(config);
    let Some((keyring, _)) = source.existing()? else {
        bail!(
            "there is no encryption key in {}, so there is nothing to back up; name the data directory with --data-dir DIR",
            dir.path().display()
        )
    };
    // Held to the end: nobody starts and migrates meanwhile. Without it a server runs, which is fine.
    let lock = dir.try_lock()?;
    if lock.is_none() && config.database_url.is_none() && mcpbox_store::has_pending(&location).await? {
        bail!(
            "a server of an older version runs on this data directory; make the backup with that version's program, or stop it first"
        );
    }
    let passphrase = args.encrypt.then(|| password::ask_new_passphrase(args.passphrase_stdin)).transpose()?;
    let store = mcpbox_store::Store::open(&location, keyring.clone()).await?;
    let request = BackupRequest {
        path: args.file.clone(),
        passphrase,
        key: args.include_key.then_some(keyring),
        program: env!("CARGO_PKG_VERSION"),
        now: SystemClock.now(),
    };
    let written = backup::write(&store, request).await;
    store.close().await;
    let report = written.with_context(|| format!("no backup was written to {}", args.file.display()))?;
    let rows = report.manifest.rows();
    print_line(&format!("{}: {rows} rows, {} bytes, sealed.", args.file.display(), report.bytes));
    if report.header.has_key {
        print_line("The encryption key is in it: file and passphrase together open every secret.");
    } else {
        print_line(
            "The encryption key is not in it. Keep a copy of the key somewhere else, or add --encrypt --include-key.",
        );
    }
    Ok(())
}
