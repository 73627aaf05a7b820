//! Connections whose other end is not checked.

use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::{Severity, finding::Report, hosts::known, symbols::Symbols, unicode, walk::Facts};

/// How much unchecked certificates matter for these facts: devices at home have certificates of their own making.
pub(super) fn severity(facts: &Facts<'_>) -> Severity {
    let is_outside = facts.hosts.iter().any(|host| !known::is_local(&host.rule.host));
    if is_outside && !facts.secrets.is_empty() { Severity::Danger } else { Severity::Warning }
}

/// `verify=False`
pub(super) fn check_call(call: &ExprCall, path: &str, severity: Severity, report: &mut Report) {
    let verify = call.arguments.find_keyword("verify").map(|keyword| &keyword.value);
    let is_off = matches!(verify, Some(Expr::BooleanLiteral(literal)) if !literal.value)
        || matches!(verify, Some(Expr::NoneLiteral(_)));
    if is_off || path == "ssl._create_unverified_context" {
        unchecked(call.range(), severity, report);
    }
}

/// `context.check_hostname = False`, `context.verify_mode = ssl.CERT_NONE`
pub(super) fn check_stmt(stmt: &Stmt, symbols: &Symbols<'_>, severity: Severity, report: &mut Report) {
    let Stmt::Assign(assign) = stmt else { return };
    let [Expr::Attribute(target)] = assign.targets.as_slice() else { return };
    let is_off = match target.attr.as_str() {
        "check_hostname" => matches!(&*assign.value, Expr::BooleanLiteral(literal) if !literal.value),
        "verify_mode" => symbols.path(&assign.value).is_some_and(|path| path == "ssl.CERT_NONE"),
        _ => false,
    };
    if is_off {
        unchecked(assign.range(), severity, report);
    }
}

fn unchecked(at: TextRange, severity: Severity, report: &mut Report) {
    let message = "the certificate of the other side is not checked: whoever stands between can read and answer";
    report.add(
        severity,
        "verify_off",
        at,
        message.to_owned(),
        "Remove verify=False; for a device at home give its certificate.",
    );
}

/// Addresses whose host is not what it seems.
pub(super) fn check_address(text: &str, at: TextRange, report: &mut Report) {
    let Some((_, rest)) = text.split_once("://") else { return };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some((user, _)) = authority.rsplit_once('@')
        && user.contains('.')
    {
        let message = format!("what looks like the host here is a user's name; the host is `{host}`");
        report.danger("misleading_host", at, message, "Write https://host/path without anything before an @.");
    }
    if unicode::has_mixed_word(host) {
        let message = "this host mixes Latin letters with others that only look like them";
        report.danger("lookalike_host", at, message, "Write the host with plain letters.");
    }
}
