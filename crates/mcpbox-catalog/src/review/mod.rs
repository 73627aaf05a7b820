//! What a human may do: decide reviews and grants, set secrets, policies and settings. Whatever changes anything takes
//! a [`Reviewer`], which only [`crate::session`] makes. Reading is free to whoever may see the admin side.

mod decide;
mod diff;
mod evidence;
mod grant;
mod policy;
mod revoke;
mod secret;
mod show;

pub(crate) use decide::approve_by_rule;
pub use decide::{Decision, approve, reject};
pub use diff::{Diff, DiffHunk, DiffLine, LineChange};
pub use evidence::{RegressionReport, TrialInput, look, mark_example, repeat_examples, test_version};
pub use grant::{add_grant, decide_grant, revoke_grant};
pub use policy::{set_server_description, set_server_limits, set_server_policy, set_settings, set_tool_enabled};
pub use revoke::{Revocation, revoke};
pub use secret::{NewSecretValue, clear_secret, delete_secret, set_secret_value};
pub use show::{ReviewDetail, ReviewItem, SameAs, list, list_open, show};
