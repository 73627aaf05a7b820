//! Starting the jail program and hearing its complaints.

use std::{
    os::unix::net::UnixStream as StdUnixStream,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcpbox_jail::{JAIL_ARGUMENT, JailError, JailSpec};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::UnixStream,
    process::{Child as Process, ChildStderr, Command},
    sync::Notify,
};
use tokio_util::task::TaskTracker;

use super::control;
use crate::error::SandboxError;

/// A jail that is starting.
pub(super) struct Launched {
    pub(super) control: UnixStream,
    pub(super) guard: Process,
    pub(super) complaint: Complaint,
}

/// The last thing a starting jail said on standard error.
#[derive(Clone, Default)]
pub(super) struct Complaint(Arc<(Mutex<String>, Notify)>);

impl Complaint {
    /// What went wrong, once the process has nothing more to say.
    pub(super) async fn error(&self) -> SandboxError {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.0.1.notified()).await;
        let text = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match serde_json::from_str::<JailError>(&text) {
            Ok(error) => SandboxError::Jail(error),
            Err(_) if text.is_empty() => SandboxError::Zygote("it ended without a word".into()),
            Err(_) => SandboxError::Zygote(text),
        }
    }
}

/// Starts `program __jail <spec>` with the control socket as standard input.
#[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
pub(super) fn launch(program: &Path, spec: &JailSpec, tasks: &TaskTracker) -> Result<Launched, SandboxError> {
    let fail =
        |error: std::io::Error| SandboxError::Zygote(format!("{} cannot be started: {error}", program.display()));
    let (ours, theirs) = control::pair().map_err(fail)?;
    let text = serde_json::to_string(spec).map_err(|error| SandboxError::Zygote(error.to_string()))?;
    let mut guard = Command::new(program)
        .args([JAIL_ARGUMENT, &text])
        .env_clear()
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(fail)?;
    let complaint = Complaint::default();
    if let Some(stderr) = guard.stderr.take() {
        tasks.spawn(listen(stderr, complaint.clone()));
    }
    Ok(Launched { control: UnixStream::from_std(StdUnixStream::from(ours)).map_err(fail)?, guard, complaint })
}

async fn listen(stderr: ChildStderr, complaint: Complaint) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim().is_empty() {
            continue;
        }
        tracing::debug!(line, "the sandbox process said something");
        *complaint.0.0.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }
    complaint.0.1.notify_one();
}

/// Ends the guard, and with it the zygote, and collects it.
pub(super) async fn bury(mut guard: Process) {
    let _ = guard.start_kill();
    let _ = tokio::time::timeout(Duration::from_secs(5), guard.wait()).await;
}
