//! What a human may do: decide reviews and grants, set secrets, policies and settings. Whatever changes anything takes
//! a [`Reviewer`], which only [`crate::session`] makes. Reading is free to whoever may see the admin side.

mod bulk;
mod changes;
mod decide;
mod diff;
mod evidence;
mod finish;
mod friction;
mod grant;
mod granted;
mod history;
mod list;
mod open;
mod partial;
mod policy;
mod revoke;
mod secret;
mod secret_terms;
mod seen;
mod settle;
mod show;

pub use crate::rating::ReviewFinding;
pub use bulk::{BulkResult, SeenReview, approve_many, reject_many};
pub use changes::{BundleField, Changes, FieldChange};
pub(crate) use decide::approve_by_rule;
pub use decide::{Approval, Decision, approve, reject};
pub use diff::{Diff, DiffHunk, DiffLine, LineChange};
pub use evidence::{RegressionReport, TrialInput, look, mark_example, repeat_examples, test_version};
pub use friction::ApprovalNeeds;
pub(crate) use grant::take_back_source;
pub use grant::{NewGrantTerms, add_grant, decide_grant, revoke_grant};
pub use granted::{ExistingGrant, NewGrant, ReviewGrants};
pub use history::PastDecision;
pub use list::{ReviewItem, list};
pub use partial::NeedSource;
pub use policy::{set_server_description, set_server_limits, set_server_policy, set_settings, set_tool_enabled};
pub use revoke::{FIRST_RUNS, FirstRuns, Revocation, first_runs, revoke};
pub use secret::{NewSecretValue, clear_secret, delete_secret, set_secret_value};
pub use secret_terms::{SecretTerms, change_secret};
pub use seen::{LastLook, mark_seen};
pub use settle::Term;
pub use show::{ReviewDetail, SameAs, show, show_to};
