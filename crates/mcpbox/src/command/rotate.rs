//! `mcpbox key rotate`: a new master key. The new key stands in a file of its own until the database is wrapped with it, so
//! that an interrupted rotation always finds both.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use mcpbox_core::clock::{Clock, SystemClock};
use mcpbox_store::{KeyOrigin, Keyring, Location, Store, StoreError, rotate_data_keys, rotate_kek};

use crate::{cli::RotateArgs, config::Config, console::print_line, data_dir::DataDir, serve::parts};

/// Rotates the key.
///
/// # Errors
/// In a sentence that says how to go on.
pub(crate) async fn run(config: &Config, args: RotateArgs) -> anyhow::Result<()> {
    ensure!(!config.is_worker(), "a sandbox worker (role 'sandbox') has no key; run this on the server");
    let dir = DataDir::open(&config.data_dir)?;
    let _lock = dir.lock().context("the encryption key cannot be rotated while a server runs")?;
    let location = parts::location(config, &dir);
    parts::ensure_alone(&location).await?;
    let Some((old, origin)) = parts::key_source(config).existing()? else {
        bail!("there is no encryption key to rotate; name the data directory with --data-dir DIR")
    };
    let next = match (&origin, args.new_key_file) {
        (_, Some(file)) => file,
        (KeyOrigin::File(file) | KeyOrigin::Created(file), None) => parts::next_key_file(file),
        (KeyOrigin::Credential(_) | KeyOrigin::Environment, None) => bail!(
            "the encryption key comes from {origin}, which this program cannot change; name a file for the new one with --new-key-file FILE, and put it in place afterwards"
        ),
    };
    let new = Keyring::load_or_create(&next)?;
    let (keys, values) = rotate(&location, &old, &new, args.data_keys).await?;
    print_line(&match values {
        Some(values) => format!("{values} values are encrypted with a new data key."),
        None => format!("{keys} data keys are wrapped with the new key."),
    });
    match origin {
        KeyOrigin::File(file) | KeyOrigin::Created(file) => {
            let kept = put_in_place(&next, &file)?;
            print_line(&format!("The new key is in {}. Back it up.", file.display()));
            print_line(&format!("The old one is kept as {}: backups from before need it.", kept.display()));
        }
        KeyOrigin::Credential(_) | KeyOrigin::Environment => {
            print_line(&format!("The new key is in {}. Give it to the server in place of {origin}.", next.display()));
        }
    }
    Ok(())
}

/// Wraps the data keys with the new key, in one transaction; number of keys, and of values encrypted anew.
async fn rotate(
    location: &Location,
    old: &Keyring,
    new: &Keyring,
    data_keys: bool,
) -> anyhow::Result<(u64, Option<u64>)> {
    // After an interruption the database may take the new key already.
    let store = match Store::open(location, old.clone()).await {
        Err(StoreError::WrongKey) => Store::open(location, new.clone()).await,
        opened => opened,
    };
    let store = store.context("neither the key that is in force nor the new one opens the database")?;
    let rotated = async {
        let tx = store.begin().await?;
        let keys = rotate_kek(&tx, old, new).await?;
        let values = if data_keys { Some(rotate_data_keys(&tx, new).await?) } else { None };
        tx.commit().await?;
        Ok::<_, StoreError>((keys, values))
    };
    let done = rotated.await;
    store.close().await;
    Ok(done?)
}

/// Makes the new key the one in force; gives the name under which the old one is kept.
fn put_in_place(next: &Path, file: &Path) -> anyhow::Result<PathBuf> {
    let mut kept = file.as_os_str().to_owned();
    kept.push(format!(".before-{}", SystemClock.now().format("%Y%m%dT%H%M%S%3fZ")));
    let kept = PathBuf::from(kept);
    let failed = || format!("cannot put the new key {} in place of {}; do it by hand", next.display(), file.display());
    std::fs::hard_link(file, &kept).with_context(failed)?;
    std::fs::rename(next, file).with_context(failed)?;
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).with_context(failed)?;
    Ok(kept)
}
