//! Approving in part. A human may refuse single capabilities of a bundle. Where the tool can live without them, the rest
//! is approved; where its code or its tests show that it cannot, the bundle goes back with the reasons: a live tool that
//! is known to fail helps nobody, and nothing is granted to code that was not approved.

use std::collections::BTreeSet;

use mcpbox_core::{
    capability::{Capabilities, Capability},
    failure::{Failure, FailureKind},
    review::{Refusal, Review, ReviewPurpose},
    version::Version,
};
use serde::Serialize;

use crate::{CatalogError, needs::Standing, text};

/// Where a need was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NeedSource {
    /// The code shows it.
    Code,
    /// A test run was refused it.
    Test,
    /// The author asked for it by itself.
    Request,
}

/// Where a bundle's needs were seen.
pub(super) struct Sources<'a> {
    pub(super) review: &'a Review,
    pub(super) version: &'a Version,
    /// What test runs of the version were refused.
    pub(super) evidence: &'a Capabilities,
    pub(super) standing: &'a Standing,
}

impl Sources<'_> {
    /// Where a capability that the bundle asks for was seen.
    pub(super) fn of(&self, asked: &Capability) -> BTreeSet<NeedSource> {
        let covers = |needed: &Capability| asked.covers(needed);
        let code = self.version.content.capabilities.iter().any(covers).then_some(NeedSource::Code);
        let test = self.evidence.iter().any(covers).then_some(NeedSource::Test);
        let request = self.standing.pending().any(|grant| covers(&grant.capability)).then_some(NeedSource::Request);
        [code, test, request].into_iter().flatten().collect()
    }

    /// Whether the version can be approved without it.
    pub(super) fn can_live_without(&self, asked: &Capability) -> bool {
        let of = self.of(asked);
        self.review.purpose == ReviewPurpose::Grant
            || !(of.contains(&NeedSource::Code) || of.contains(&NeedSource::Test))
    }
}

/// What becomes of a bundle of which something is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// These are granted, the refused ones are not.
    Approve(Capabilities),
    /// It cannot live without what is refused: back to its author.
    SendBack,
}

/// What becomes of the bundle when these are refused.
pub(super) fn verdict(sources: &Sources<'_>, refused: &[Refusal]) -> Verdict {
    let is_refused = |asked: &&Capability| refused.iter().any(|refusal| refusal.capability == **asked);
    let (out, rest): (Capabilities, Capabilities) =
        sources.review.requested.iter().cloned().partition(|asked| is_refused(&asked));
    let is_package = |capability: &Capability| matches!(capability, Capability::Package(_));
    // Packages are installed together: without one of them, it is another set than the human saw.
    let other_set = out.iter().any(is_package) && rest.iter().any(is_package);
    let nothing_left = sources.review.purpose == ReviewPurpose::Grant && rest.is_empty();
    if other_set || nothing_left || out.iter().any(|asked| !sources.can_live_without(asked)) {
        return Verdict::SendBack;
    }
    Verdict::Approve(rest)
}

/// Refusals must be of what is asked for, each once and with a reason.
pub(super) fn check_refusals(review: &Review, refused: Vec<Refusal>) -> Result<Vec<Refusal>, CatalogError> {
    let mut checked: Vec<Refusal> = Vec::with_capacity(refused.len());
    for Refusal { capability, reason } in refused {
        let invalid = |message: String, hint: &str| {
            CatalogError::from(Failure::new(FailureKind::InvalidArguments, message).hint(hint))
        };
        check_asked(review, &capability)?;
        if checked.iter().any(|other| other.capability == capability) {
            return Err(invalid(format!("{capability} is refused twice"), "refuse it once, with one reason"));
        }
        let reason = text::remark("reason", &reason)?;
        if reason.is_empty() {
            let hint = "say why: the reason is what the author has to go by";
            return Err(invalid(format!("the refusal of {capability} has no reason"), hint));
        }
        checked.push(Refusal { capability, reason });
    }
    Ok(checked)
}

/// Refuses a decision about something that the bundle does not ask for.
pub(super) fn check_asked(review: &Review, capability: &Capability) -> Result<(), CatalogError> {
    if review.requested.contains(capability) {
        return Ok(());
    }
    let asked: Vec<String> = review.requested.iter().map(ToString::to_string).collect();
    let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
    let failure = Failure::new(FailureKind::InvalidArguments, format!("this review does not ask for {capability}"));
    Err(failure.hint(format!("it asks for {asked}; name these exactly as the review shows them")).into())
}
