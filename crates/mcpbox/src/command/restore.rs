//! `mcpbox restore`: a backup becomes the database, whole and checked or not at all.

use std::{fs, path::PathBuf};

use anyhow::{Context, bail, ensure};
use mcpbox_catalog::backup::{self, BackupFileError, RestoreReport};
use mcpbox_core::clock::{Clock, SystemClock};
use mcpbox_store::{KeyOrigin, KeySource, Keyring, Location, StoreError, backup::BackupError};

use crate::{cli::RestoreArgs, config::Config, console::print_line, data_dir::DataDir, password, serve::parts};

/// Restores the backup.
///
/// # Errors
/// In a sentence; nothing was changed then.
pub(crate) async fn run(config: &Config, args: RestoreArgs) -> anyhow::Result<()> {
    ensure!(!config.is_worker(), "a sandbox worker (role 'sandbox') has no database; run this on the server");
    let dir = DataDir::open(&config.data_dir)?;
    let _lock = dir.lock()?;
    let location = parts::location(config, &dir);
    parts::ensure_alone(&location).await?;
    let source = parts::key_source(config);
    let opened = match backup::open(&args.file, None) {
        Err(BackupFileError::NeedsPassphrase) => {
            let passphrase = password::ask_passphrase(args.passphrase_stdin)?;
            backup::open(&args.file, Some(&passphrase))?
        }
        opened => opened?,
    };
    let mut key = None;
    let restored = backup::restore(opened, &location, args.replace, SystemClock.now(), |_, included| {
        let chosen = choose_key(&source, included, args.replace)?;
        let keyring = chosen.keyring.clone();
        key = Some(chosen);
        anyhow::Ok(keyring)
    });
    let restored = match restored.await {
        Err(error) if is_wrong_key(&error) => bail!(
            "the encryption key here is not the key of this backup; put the key that was used then into {} (mode 600), or restore a backup that includes it. Nothing was changed",
            source.file.display()
        ),
        restored => restored.with_context(|| format!("{} was not restored", args.file.display()))?,
    };
    if let Some(key) = key {
        key.put_in_place()?;
    }
    tell(&restored.report, &location, restored.replaced.as_deref());
    Ok(())
}

/// The key that opens the backup, and what is to become of the key file.
struct Chosen {
    keyring: Keyring,
    /// Where it is to be written.
    new_file: Option<PathBuf>,
    /// A key file that makes way for it.
    aside: Option<PathBuf>,
}

impl Chosen {
    fn put_in_place(self) -> anyhow::Result<()> {
        let Some(file) = self.new_file else { return Ok(()) };
        if let Some(aside) = &self.aside {
            fs::rename(&file, aside).with_context(|| format!("cannot move {}", file.display()))?;
            print_line(&format!("The key that was there is kept as {}.", aside.display()));
        }
        self.keyring.create(&file)?;
        print_line(&format!("The encryption key of the backup is in {}.", file.display()));
        Ok(())
    }
}

fn choose_key(source: &KeySource, included: Option<&Keyring>, replace: bool) -> anyhow::Result<Chosen> {
    let existing = source.existing()?;
    match (included, existing) {
        (None, Some((keyring, _))) => Ok(Chosen { keyring, new_file: None, aside: None }),
        (None, None) => bail!(
            "there is no encryption key here and none in the backup; put the key that was used then into {} (mode 600), or give it as MCPBOX_ENCRYPTION_KEY. Nothing was changed",
            source.file.display()
        ),
        (Some(included), Some((keyring, _))) if keyring == *included => {
            Ok(Chosen { keyring, new_file: None, aside: None })
        }
        (Some(included), None) => {
            Ok(Chosen { keyring: included.clone(), new_file: Some(source.file.clone()), aside: None })
        }
        (Some(included), Some((_, KeyOrigin::File(file)))) if replace => {
            let mut aside = file.clone().into_os_string();
            aside.push(format!(".replaced-{}", SystemClock.now().format("%Y%m%dT%H%M%SZ")));
            let aside = PathBuf::from(aside);
            Ok(Chosen { keyring: included.clone(), new_file: Some(file), aside: Some(aside) })
        }
        (Some(_), Some((_, origin))) => bail!(
            "the backup brings its own encryption key, and there is another one here ({origin}); remove that one first, or, if it is the key file, say --replace. Nothing was changed"
        ),
    }
}

fn is_wrong_key(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<BackupFileError>(),
        Some(BackupFileError::Backup(BackupError::Store(StoreError::WrongKey)))
    )
}

fn tell(report: &RestoreReport, location: &Location, replaced: Option<&std::path::Path>) {
    print_line(&format!(
        "Restored the backup of {} (MCPbox {}): {} rows in {} tables, seal and audit chain ({} events) intact.",
        report.header.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        report.header.program,
        report.manifest.rows(),
        report.manifest.tables.len(),
        report.audit_rows
    ));
    print_line(&format!("It is in {location}. Everybody has to log in again."));
    if let Some(path) = replaced {
        print_line(&format!("What was there is kept as {}.", path.display()));
    }
    print_line("Environments of packages are not in a backup: the next start installs them again from their locks.");
    print_line("Grants and approvals are as they were then: look at Approvals for what was revoked since.");
}
