//! What code tells about itself: schemas, findings, needs. Code is parsed and analysed here, never run.

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    capability::Capability,
    failure::{Failure, FailureKind},
    server::CodePolicy,
    tool::CODE_MAX_BYTES,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Caller, Catalog, CatalogError, NextStep, load::Loaded, next::YOURS, offers::Offers, text, validate};

/// Further errors told with the first one.
const OTHER_ERRORS_MAX: usize = 5;

/// Something in the code that a reviewer should see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// Short name of the rule.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub about: FindingAbout,
    /// Line in that text, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// What it is.
    pub message: String,
    /// That line's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Notice,
    /// A reviewer should look at it; raises the risk.
    Warning,
    /// It looks like an attack or gives something away; makes the risk high.
    Danger,
    /// The code cannot be stored.
    Error,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FindingAbout {
    /// The source.
    Code,
    /// The description that clients show.
    Description,
    /// The tool's name.
    Name,
    /// The schemas, compared to those of the live version.
    Schema,
    /// What test runs did, compared to what is declared.
    Tests,
}

/// What the code tells about itself, without storing or running it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeReport {
    /// Whether it could be stored and run.
    pub valid: bool,
    /// The first error, when it is not valid.
    pub error: Option<Failure>,
    /// What clients would see.
    pub description: Option<String>,
    /// Derived from the parameters of `main`.
    pub input_schema: Option<Value>,
    /// Derived from its return annotation.
    pub output_schema: Option<Value>,
    /// All findings, errors included.
    pub findings: Vec<Finding>,
    /// What the code needs beyond the defaults.
    pub capabilities: Vec<Capability>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Parses and analyses code under the strict policy; never runs or stores it.
///
/// # Errors
/// The caller may not use the management tools. Bad code is no error: the report says what is wrong.
pub async fn validate_code(_cat: &Catalog, who: impl Into<Caller<'_>>, code: &str) -> Result<CodeReport, CatalogError> {
    who.into().check_reads()?;
    let analysis = match check_size(code) {
        Ok(()) => mcpbox_analysis::analyze(code, CodePolicy::Strict),
        Err(failure) => return Ok(invalid(failure, Vec::new())),
    };
    let findings = findings(&analysis.findings);
    if let Err(failure) = check_analysis(&analysis) {
        return Ok(invalid(failure, findings));
    }
    let step = "store it; the answer says what it needs and how to get it";
    let create = json!({"server_id": YOURS, "name": YOURS, "python_code": YOURS});
    Ok(CodeReport {
        valid: true,
        error: None,
        capabilities: analysis.capabilities().into_iter().collect(),
        description: analysis.description,
        input_schema: Some(analysis.input_schema),
        output_schema: analysis.output_schema,
        findings,
        next: vec![NextStep::call(step, "mcpbox_create_tool", create)],
    })
}

fn invalid(failure: Failure, findings: Vec<Finding>) -> CodeReport {
    CodeReport {
        valid: false,
        error: Some(failure),
        description: None,
        input_schema: None,
        output_schema: None,
        findings,
        capabilities: Vec::new(),
        next: vec![NextStep::call(
            "correct the code and validate it again",
            "mcpbox_validate_code",
            json!({"code": YOURS}),
        )],
    }
}

/// Analyses code that is to be stored.
///
/// # Errors
/// `syntax` with line, snippet and hint when it may not run, `invalid_arguments` when it is too long.
pub(crate) fn check(code: &str, policy: CodePolicy) -> Result<Analysis, Failure> {
    check_size(code)?;
    let analysis = mcpbox_analysis::analyze(code, policy);
    check_analysis(&analysis)?;
    Ok(analysis)
}

/// Analyses code of a tool that is stored already.
///
/// # Errors
/// As [`check`]; what leads on is other code for the tool.
pub(crate) fn check_stored(code: &str, loaded: &Loaded) -> Result<Analysis, Failure> {
    check(code, loaded.server.code_policy)
        .map_err(|failure| failure.next("mcpbox_update_tool", json!({"tool_id": loaded.name(), "python_code": YOURS})))
}

fn check_size(code: &str) -> Result<(), Failure> {
    if code.len() <= CODE_MAX_BYTES {
        return Ok(());
    }
    let message = format!("the code has {} bytes; at most {CODE_MAX_BYTES} are allowed", code.len());
    Err(Failure::new(FailureKind::InvalidArguments, message)
        .argument("python_code")
        .hint("split it into several tools, or move data out of the code"))
}

fn check_analysis(analysis: &Analysis) -> Result<(), Failure> {
    let mut errors = analysis.findings.iter().filter(|finding| finding.severity == mcpbox_analysis::Severity::Error);
    if let Some(first) = errors.next() {
        let others: Vec<String> = errors
            .take(OTHER_ERRORS_MAX)
            .map(|finding| format!("line {}: {}", finding.line, finding.message))
            .collect();
        return Err(syntax_failure(first, &others));
    }
    for schema in [Some(&analysis.input_schema), analysis.output_schema.as_ref()].into_iter().flatten() {
        if let Err(error) = validate::compile(schema) {
            let failure = Failure::new(
                FailureKind::Syntax,
                format!("the schema derived from the annotations cannot be used: {error}"),
            );
            return Err(failure.hint("simplify the annotations of main; patterns may not look ahead or behind"));
        }
    }
    Offers::of(analysis).map(drop).map_err(|error| {
        let message = format!("the schema of a prompt or resource cannot be used: {error}");
        Failure::new(FailureKind::Syntax, message).hint("simplify the annotations of its parameters")
    })
}

fn syntax_failure(first: &mcpbox_analysis::Finding, others: &[String]) -> Failure {
    let message = match others {
        [] => first.message.clone(),
        _ => format!("{} (also: {})", first.message, others.join("; ")),
    };
    let failure = Failure::new(FailureKind::Syntax, message);
    let hint = first
        .hint
        .clone()
        .unwrap_or_else(|| "correct that line and send the code again; nothing was stored".to_owned());
    Failure { line: Some(first.line), snippet: Some(first.snippet.clone()), hint: Some(hint), ..failure }
}

/// Findings of an analysis or assessment.
pub(crate) fn findings(found: &[mcpbox_analysis::Finding]) -> Vec<Finding> {
    found.iter().map(Finding::from).collect()
}

impl From<&mcpbox_analysis::Finding> for Finding {
    fn from(finding: &mcpbox_analysis::Finding) -> Self {
        let severity = match finding.severity {
            mcpbox_analysis::Severity::Error => Severity::Error,
            mcpbox_analysis::Severity::Danger => Severity::Danger,
            mcpbox_analysis::Severity::Warning => Severity::Warning,
            mcpbox_analysis::Severity::Notice => Severity::Notice,
        };
        let about = match finding.about {
            mcpbox_analysis::About::Code => FindingAbout::Code,
            mcpbox_analysis::About::Description => FindingAbout::Description,
            mcpbox_analysis::About::Name => FindingAbout::Name,
            mcpbox_analysis::About::Schema => FindingAbout::Schema,
        };
        Self {
            rule: finding.rule.to_owned(),
            severity,
            about,
            line: Some(finding.line).filter(|line| *line > 0),
            column: Some(finding.column).filter(|column| *column > 0),
            message: finding.message.clone(),
            snippet: Some(finding.snippet.clone()).filter(|snippet| !snippet.is_empty()),
            hint: finding.hint.clone(),
        }
    }
}

/// The description clients will see: what the author says, or else the docstring.
pub(crate) fn description(said: Option<&str>, analysis: &Analysis) -> Result<String, Failure> {
    let said = said.filter(|said| !said.trim().is_empty());
    text::description(said.or(analysis.description.as_deref()).unwrap_or_default())
}
