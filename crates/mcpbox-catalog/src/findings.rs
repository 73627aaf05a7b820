//! Everything found about a version: in its source and texts, and in what its tests did. One place, so that a rule looks at all
//! that a review shows; whatever finds something new about a version belongs here.

use mcpbox_analysis::Assessment;
use mcpbox_core::{call::CallRecord, grant::Grant};

use crate::{
    assessment::Asked,
    author::{self, Finding},
    evidence::{self, Declared},
};

/// The findings about a version, those of source and texts first.
pub(crate) fn of_version(asked: &Asked<'_>, assessed: &Assessment, runs: &[CallRecord]) -> Vec<Finding> {
    let content = &asked.version.content;
    let analysis = crate::source::analyze(content, asked.server.code_policy);
    let grants: Vec<&Grant> = asked.standing.approved().collect();
    let mut findings = author::findings(&assessed.findings);
    findings.extend(evidence::findings(&Declared { content, analysis: &analysis, grants: &grants }, runs));
    findings
}
