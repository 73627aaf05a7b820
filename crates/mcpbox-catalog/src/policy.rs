//! The graded policy: rules that an admin switched on may approve what they cover; everything else waits for a human.
//!
//! A rule fails closed: a fact that is missing is a reason not to approve. What a rule approves is decided in one transaction
//! with the facts it looked at, is audited with the rule and its inputs, and can be taken back in one call. Nothing outside
//! this module makes a [`Ruling`], and no interface of an LLM names this module.

mod engine;
mod facts;
mod list;
mod preview;
mod rule;

pub(crate) use engine::{Ruling, after_submission};
pub use list::{AutomaticDecision, list_automatic};
pub use preview::{Preview, PreviewedReview, RulePreview, preview};
pub use rule::Rule;
