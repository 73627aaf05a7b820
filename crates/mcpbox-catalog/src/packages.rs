//! Packages: which set a tool runs with, what the index made of it, and whether it is installed. Resolving and installing happen
//! behind the answers, once per set; everything fails closed until both are done.

mod installs;
mod report;
mod resolving;
mod sets;

pub use installs::InstallState;
pub(crate) use installs::Installs;
pub use report::{EnvironmentReport, PackageReport, list, rebuild, retry};
pub(crate) use report::{install_failure, of_author, of_review};
pub(crate) use resolving::{ensure, ensure_asked, ensure_resolution, ready};
pub(crate) use sets::{Packages, Resolutions, Set};

use mcpbox_core::{
    failure::{Failure, FailureKind},
    package::{Resolution, ResolutionState},
};

/// Why what a resolution names cannot be approved now; none when it can.
pub(crate) fn not_approvable(resolution: Option<&Resolution>) -> Option<Failure> {
    let conflict = |message: String, hint: &str| Some(Failure::new(FailureKind::Conflict, message).hint(hint));
    match resolution.map(|resolution| (resolution.state, resolution)) {
        Some((ResolutionState::Resolved, resolution)) => {
            let is_sound = resolution.lock.as_ref().is_some_and(mcpbox_core::package::PackageLock::is_sound);
            let hint = "look at the database, or restore a backup";
            if is_sound {
                None
            } else {
                conflict("the stored lock of the packages is not what was resolved".to_owned(), hint)
            }
        }
        Some((ResolutionState::Failed, resolution)) => {
            let reason = resolution.reason.as_deref().unwrap_or("the reason was not kept");
            let hint = "make the package index reachable or have the author ask for other versions, then try again: mcpbox review resolve ID";
            conflict(format!("the packages cannot be resolved, so this cannot be approved: {reason}"), hint)
        }
        Some((ResolutionState::Pending, _)) | None => conflict(
            "the packages are still being resolved, so nobody can see yet what would be installed".to_owned(),
            "look at the review again in a moment",
        ),
    }
}
