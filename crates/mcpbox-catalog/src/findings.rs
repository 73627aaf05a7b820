//! Everything found about a version: in its source, and in what its tests did. One place, so that a rule looks at all that a
//! review shows; whatever finds something new about a version belongs here.

use mcpbox_analysis::Analysis;
use mcpbox_core::{call::CallRecord, grant::Grant, version::Version};

use crate::{
    author::{self, Finding},
    evidence::{self, Declared},
    needs::Standing,
};

/// The findings about a version, those of the source first.
pub(crate) fn of_version(
    version: &Version,
    analysis: &Analysis,
    standing: &Standing,
    runs: &[CallRecord],
) -> Vec<Finding> {
    let grants: Vec<&Grant> = standing.approved().collect();
    let declared = Declared { content: &version.content, analysis, grants: &grants };
    let mut findings = author::findings(analysis);
    findings.extend(evidence::findings(&declared, runs));
    findings
}
