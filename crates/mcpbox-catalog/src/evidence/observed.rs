//! What a version declares compared with what its tests did: differences are findings like those of the source.

use std::collections::BTreeSet;

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    call::CallRecord,
    capability::{Capability, HostRule},
    execute::{HostAttempt, HostOutcome},
    grant::{Grant, GrantScope},
    name::SecretKey,
    version::Content,
};

use crate::{
    author::{Finding, FindingAbout, Severity},
    needs::is_never_reachable,
    validate::BROKEN_PROMISE,
};

/// Things named in one finding.
const NAMED_MAX: usize = 5;
/// Methods that only read.
const READING: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// What a version says about itself, and what it was granted.
pub(crate) struct Declared<'a> {
    pub(crate) content: &'a Content,
    pub(crate) analysis: &'a Analysis,
    /// Grants in force for its tool.
    pub(crate) grants: &'a [&'a Grant],
}

/// The differences between what is declared and what `runs` of exactly this version did, worst first.
pub(crate) fn findings(declared: &Declared<'_>, runs: &[CallRecord]) -> Vec<Finding> {
    if runs.is_empty() {
        let hint = "ask the author for a test, or run one yourself";
        return vec![finding(
            "never_tested",
            Severity::Notice,
            "no test run of exactly this version is kept",
            Some(hint),
        )];
    }
    let attempts: Vec<&HostAttempt> = runs.iter().flat_map(|run| &run.observed.hosts).collect();
    [
        undeclared_hosts(declared, &attempts),
        forbidden_hosts(&attempts),
        undeclared_modules(declared, runs),
        broken_promise(runs),
        writes_although_reading(declared, &attempts),
        unused_hosts(declared, &attempts),
        unused_secrets(declared, runs),
        only_mocked(runs),
        untried_offers(declared, runs),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(rule: &str, severity: Severity, message: &str, hint: Option<&str>) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        about: FindingAbout::Tests,
        line: None,
        column: None,
        message: message.to_owned(),
        snippet: None,
        hint: hint.map(str::to_owned),
    }
}

/// `a, b, c and 4 more`
fn named<T: std::fmt::Display + Ord>(things: &BTreeSet<T>) -> String {
    let shown: Vec<String> = things.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = things.len().saturating_sub(NAMED_MAX);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn declared_hosts<'a>(declared: &'a Declared<'_>) -> impl Iterator<Item = &'a HostRule> {
    declared.content.capabilities.iter().filter_map(|capability| match capability {
        Capability::Host(rule) => Some(rule),
        _ => None,
    })
}

fn undeclared_hosts(declared: &Declared<'_>, attempts: &[&HostAttempt]) -> Option<Finding> {
    let is_declared = |attempt: &HostAttempt| {
        declared_hosts(declared).any(|rule| rule.allows(&attempt.host, attempt.port, &attempt.method))
    };
    let strange: BTreeSet<String> = attempts
        .iter()
        .filter(|attempt| !is_declared(attempt) && !is_never_reachable(&attempt.host))
        .map(|attempt| format!("{}:{} ({})", attempt.host, attempt.port, attempt.method))
        .collect();
    let message = format!(
        "tests tried {}, which the code does not name: it comes from arguments, data or is put together",
        named(&strange)
    );
    let hint = "look at where the address comes from before you grant it";
    (!strange.is_empty()).then(|| finding("host_not_declared", Severity::Warning, &message, Some(hint)))
}

fn forbidden_hosts(attempts: &[&HostAttempt]) -> Option<Finding> {
    let forbidden: BTreeSet<&str> = attempts
        .iter()
        .filter(|attempt| is_never_reachable(&attempt.host))
        .map(|attempt| attempt.host.as_str())
        .collect();
    let message = format!(
        "tests tried to reach {}: this machine or its metadata service, which no grant opens",
        named(&forbidden)
    );
    (!forbidden.is_empty()).then(|| finding("host_forbidden", Severity::Warning, &message, None))
}

fn undeclared_modules(declared: &Declared<'_>, runs: &[CallRecord]) -> Option<Finding> {
    let below = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    let is_declared = |module: &str| {
        let imports = &declared.analysis.imports;
        imports
            .iter()
            .any(|import| import.module == module || below(&import.module, module) || below(module, &import.module))
    };
    let seen = runs.iter().flat_map(|run| run.observed.modules.iter().chain(&run.observed.denied_modules));
    let strange: BTreeSet<&str> =
        seen.map(String::as_str).filter(|module| *module != "__future__" && !is_declared(module)).collect();
    let message = format!("tests imported {}, which no import statement names", named(&strange));
    (!strange.is_empty()).then(|| finding("module_not_declared", Severity::Warning, &message, None))
}

fn broken_promise(runs: &[CallRecord]) -> Option<Finding> {
    let broken =
        runs.iter().filter_map(|run| run.failure.as_ref()).find(|failure| failure.message.contains(BROKEN_PROMISE))?;
    Some(finding("result_breaks_annotation", Severity::Warning, &format!("a test failed: {}", broken.message), None))
}

/// Whether name or description say that nothing is changed.
fn claims_to_read(content: &Content) -> bool {
    let verbs = ["get_", "list_", "read_", "search_", "find_", "fetch_", "show_", "lookup_", "count_"];
    let name = format!("{}_", content.name.as_str());
    let description = content.description.to_lowercase();
    let says =
        ["read-only", "readonly", "read only", "only reads", "does not change", "never changes", "does not modify"];
    verbs.iter().any(|verb| name.starts_with(verb)) || says.iter().any(|words| description.contains(words))
}

fn writes_although_reading(declared: &Declared<'_>, attempts: &[&HostAttempt]) -> Option<Finding> {
    let writes: BTreeSet<String> = attempts
        .iter()
        .filter(|attempt| !READING.contains(&attempt.method.as_str()))
        .map(|attempt| format!("{} to {}", attempt.method, attempt.host))
        .collect();
    let message = format!("its name or description says that it only reads, but tests sent {}", named(&writes));
    let is_odd = !writes.is_empty() && claims_to_read(declared.content);
    is_odd.then(|| finding("writes_although_reading", Severity::Warning, &message, None))
}

fn unused_hosts(declared: &Declared<'_>, attempts: &[&HostAttempt]) -> Option<Finding> {
    let of_tool = declared.grants.iter().filter(|grant| matches!(grant.scope, GrantScope::Tool(_)));
    let granted = of_tool.filter_map(|grant| match &grant.capability {
        Capability::Host(rule) => Some(rule),
        _ => None,
    });
    let is_used = |rule: &HostRule| attempts.iter().any(|attempt| rule.host == attempt.host);
    let unused: BTreeSet<&HostRule> = declared_hosts(declared).chain(granted).filter(|rule| !is_used(rule)).collect();
    let message = format!("no test tried {}", named(&unused));
    let hint = "it may not need it: ask for a test that does, or approve without it";
    (!unused.is_empty()).then(|| finding("host_never_tried", Severity::Notice, &message, Some(hint)))
}

fn unused_secrets(declared: &Declared<'_>, runs: &[CallRecord]) -> Option<Finding> {
    let is_read = |key: &SecretKey| runs.iter().any(|run| run.observed.secrets.contains(key));
    let unread: BTreeSet<&SecretKey> = declared
        .content
        .capabilities
        .iter()
        .filter_map(|capability| match capability {
            Capability::Secret { key } if !is_read(key) => Some(key),
            _ => None,
        })
        .collect();
    let message = format!("no test read the secret {}", named(&unread));
    let hint = "tests read secrets only with http_mocks, which give them stand-ins";
    (!unread.is_empty()).then(|| finding("secret_never_read", Severity::Notice, &message, Some(hint)))
}

fn untried_offers(declared: &Declared<'_>, runs: &[CallRecord]) -> Option<Finding> {
    let is_tried = |function: &str| runs.iter().any(|run| run.observed.entry.function() == function);
    let prompts = declared.analysis.prompts.iter().filter(|prompt| !is_tried(&prompt.function));
    let resources = declared.analysis.resources.iter().filter(|resource| !is_tried(&resource.function));
    let untried: BTreeSet<String> = prompts
        .map(|prompt| format!("the prompt {}", prompt.name))
        .chain(resources.map(|resource| format!("the resource {}", resource.uri)))
        .collect();
    let message = format!("no test ran {}", named(&untried));
    let hint = "ask the author for a test, or run one yourself";
    (!untried.is_empty()).then(|| finding("offer_never_tested", Severity::Notice, &message, Some(hint)))
}

fn only_mocked(runs: &[CallRecord]) -> Option<Finding> {
    let is_mocked = |run: &CallRecord| {
        let is_given = run.trial.as_ref().is_some_and(|trial| trial.mocked);
        is_given || run.observed.hosts.iter().any(|attempt| attempt.outcome == HostOutcome::Mocked)
    };
    let mut passed = runs.iter().filter(|run| run.failure.is_none()).peekable();
    let is_so = passed.peek().is_some() && passed.all(is_mocked);
    let message = "every test that passed had mocked answers: nothing is known of the real ones";
    is_so.then(|| finding("only_mocked", Severity::Notice, message, None))
}
