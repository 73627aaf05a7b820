//! Friction, only where risk is: high risk wants every serious finding acknowledged by its id, critical also the tool's
//! name typed. Checked here, so that no page, script or bulk request gets around it.

use std::collections::BTreeSet;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    name::published_name,
    review::Risk,
    server::Server,
    version::Version,
};
use serde::Serialize;

use super::Approval;
use crate::rating::Rating;

/// What an approval must carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalNeeds {
    /// Ids of the findings that it must acknowledge.
    pub acknowledge: Vec<String>,
    /// The tool's name, which it must repeat as the human typed it.
    pub tool_name: Option<String>,
    /// Whether it may be approved together with others.
    pub bulk: bool,
}

/// What approval of a bundle of this rating must carry. `risk` is what the human was shown, at least.
pub(super) fn needs(rating: &Rating, risk: Risk, server: &Server, version: &Version) -> ApprovalNeeds {
    let risk = risk.max(rating.risk);
    let serious = rating.findings.iter().filter(|finding| finding.is_serious());
    let name = || published_name(&server.name, &version.content.name);
    ApprovalNeeds {
        acknowledge: if risk >= Risk::High { serious.map(|finding| finding.id.clone()).collect() } else { Vec::new() },
        tool_name: (risk == Risk::Critical).then(name),
        bulk: risk == Risk::Low,
    }
}

/// Refuses an approval that lacks something.
pub(super) fn check(needs: &ApprovalNeeds, approval: &Approval) -> Result<(), Failure> {
    let invalid = |message: String| Failure::new(FailureKind::InvalidArguments, message);
    if approval.in_bulk && !needs.bulk {
        let failure = invalid("only reviews of low risk can be approved together".to_owned());
        return Err(failure.hint("open this one, and decide on it alone"));
    }
    let seen: BTreeSet<&str> = approval.acknowledged.iter().map(String::as_str).collect();
    let missing: Vec<&str> = needs.acknowledge.iter().map(String::as_str).filter(|id| !seen.contains(id)).collect();
    if !missing.is_empty() {
        let count = needs.acknowledge.len();
        let message = format!("{} of {count} findings are not acknowledged: {}", missing.len(), missing.join(", "));
        return Err(invalid(message).hint("read each of them, and name its id in `acknowledged`"));
    }
    let Some(name) = &needs.tool_name else { return Ok(()) };
    match approval.tool_name.as_deref().map(str::trim) {
        Some(typed) if typed == name => Ok(()),
        Some(_) => Err(invalid(format!("the typed name is not that of the tool, which is {name}"))
            .hint("its risk is critical: type the name in `tool_name` exactly")),
        None => Err(invalid(format!("the risk is critical: approving {name} takes its name, typed by you"))
            .hint("give it in `tool_name`")),
    }
}
