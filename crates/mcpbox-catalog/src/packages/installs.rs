//! Which environments are installed on this machine, as far as this process asked for them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mcpbox_core::{
    execute::LockedEnvironment,
    failure::{Failure, FailureKind},
    hash::ContentHash,
};
use serde::Serialize;
use tokio::sync::watch;

/// How long a call waits for an installation to end: enough after a start, when it only has to be checked.
const PATIENCE: Duration = Duration::from_secs(10);
/// Environments that are remembered.
const KNOWN_MAX: usize = 2_000;

/// Whether an environment is installed here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InstallState {
    /// Nobody needs it yet.
    NotInstalled,
    /// Under way.
    Installing {
        /// What it does now.
        step: String,
    },
    /// Calls run in it.
    Installed,
    /// Calls of its tools are refused.
    Failed {
        /// Why.
        reason: String,
    },
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Installs(Mutex<HashMap<LockedEnvironment, watch::Sender<InstallState>>>);

impl Installs {
    /// Where an environment stands.
    pub(crate) fn state(&self, environment: &LockedEnvironment) -> InstallState {
        self.lock().get(environment).map_or(InstallState::NotInstalled, |sender| sender.borrow().clone())
    }

    /// Whether the caller should install it now: nobody did yet, or `again` and nobody is at it.
    pub(crate) fn begin(&self, environment: &LockedEnvironment, again: bool) -> bool {
        let mut known = self.lock();
        let starting = || InstallState::Installing { step: "Waiting".to_owned() };
        match known.get(environment) {
            Some(sender) => {
                let is_idle = !matches!(&*sender.borrow(), InstallState::Installing { .. });
                if again && is_idle {
                    sender.send_replace(starting());
                }
                again && is_idle
            }
            None if known.len() >= KNOWN_MAX => false,
            None => {
                known.insert(environment.clone(), watch::Sender::new(starting()));
                true
            }
        }
    }

    /// Notes where it stands.
    pub(crate) fn set(&self, environment: &LockedEnvironment, state: InstallState) {
        if let Some(sender) = self.lock().get(environment) {
            sender.send_replace(state);
        }
    }

    /// Forgets what stands installed and is none of `wanted`: it may be removed, and is installed again when somebody needs it.
    pub(crate) fn forget(&self, wanted: &BTreeSet<ContentHash>) {
        self.lock().retain(|environment, sender| {
            wanted.contains(&environment.lock) || !matches!(&*sender.borrow(), InstallState::Installed)
        });
    }

    /// Waits a moment until calls can run in it.
    ///
    /// # Errors
    /// Why they cannot.
    pub(crate) async fn ready(&self, environment: &LockedEnvironment) -> Result<(), Failure> {
        let watched = self.lock().get(environment).map(watch::Sender::subscribe);
        let Some(mut watched) = watched else { return super::install_failure(&InstallState::NotInstalled) };
        let is_settled = |state: &InstallState| !matches!(state, InstallState::Installing { .. });
        let _in_time = tokio::time::timeout(PATIENCE, watched.wait_for(is_settled)).await.is_ok();
        let state = watched.borrow().clone();
        super::install_failure(&state)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LockedEnvironment, watch::Sender<InstallState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why calls cannot run in an environment that stands so; none when they can.
pub(crate) fn failure(state: &InstallState) -> Result<(), Failure> {
    let unavailable = |message: String, hint: &str| Err(Failure::new(FailureKind::Unavailable, message).hint(hint));
    match state {
        InstallState::Installed => Ok(()),
        InstallState::NotInstalled => {
            unavailable("the packages of this tool are not installed yet".to_owned(), "Call again in a minute")
        }
        InstallState::Installing { step } => unavailable(
            format!("the packages of this tool are still being installed ({step})"),
            "Call again in a minute",
        ),
        InstallState::Failed { reason } => unavailable(
            reason.clone(),
            "The tool did not run. Tell the admin of this MCPbox; `mcpbox package list` shows it, `mcpbox package install` tries again",
        ),
    }
}
