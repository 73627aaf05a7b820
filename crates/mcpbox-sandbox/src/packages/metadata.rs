//! Size, licence and summary of wheels, read from the index by the host's Python: it knows the machine's proxies and
//! certificates. What cannot be read is left out, and shown as not known.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use serde::Deserialize;
use tokio::{io::AsyncWriteExt, process::Command};

use super::uv::Uv;

/// For all wheels together.
const TIMEOUT: Duration = Duration::from_secs(60);
const PROGRAM: &str = include_str!("metadata.py");

/// What a wheel says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct About {
    pub(super) size_bytes: Option<u64>,
    pub(super) license: Option<String>,
    pub(super) summary: Option<String>,
}

/// What these wheels (URLs or paths) say about themselves.
pub(super) async fn about(uv: &Uv, python: &Path, wheels: &[String]) -> BTreeMap<String, About> {
    match tokio::time::timeout(TIMEOUT, ask(uv, python, wheels)).await {
        Ok(Ok(about)) => about,
        Ok(Err(reason)) => {
            tracing::warn!(reason, "licences and sizes of packages could not be read");
            BTreeMap::new()
        }
        Err(_) => BTreeMap::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
async fn ask(uv: &Uv, python: &Path, wheels: &[String]) -> Result<BTreeMap<String, About>, String> {
    let mut child = Command::new(python)
        .args(["-I", "-S", "-B", "-c", PROGRAM])
        .env_clear()
        .envs(uv.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        let question = serde_json::to_vec(wheels).map_err(|error| error.to_string())?;
        stdin.write_all(&question).await.map_err(|error| error.to_string())?;
    }
    let output = child.wait_with_output().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
