//! The start of a URL to a host rule.

use mcpbox_core::capability::HostRule;
use url::Url;

use super::prefix::Prefix;

/// Where a URL leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Host and port.
    pub(crate) rule: HostRule,
    /// Whether anybody on the way can read it.
    pub(crate) is_plain: bool,
}

/// The target of a URL, or of its literal start when that holds the whole host.
pub(super) fn target(prefix: &Prefix) -> Option<Target> {
    let is_plain = prefix.text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"));
    rule(prefix).map(|rule| Target { rule, is_plain })
}

/// The rule for the host of a URL, or of its literal start when that holds the whole host.
pub(super) fn rule(prefix: &Prefix) -> Option<HostRule> {
    let (scheme, rest) = prefix.text.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?', '#', '\\']);
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    if end.is_none() && prefix.is_open && !looks_complete(authority, prefix.next) {
        return None;
    }
    let url = Url::parse(&format!("{scheme}://{authority}/")).ok()?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let mut rule = HostRule::parse(host).ok()?;
    rule.port = url.port();
    Some(rule)
}

/// Whether text that goes on with a value (`f"https://x.de{path}"`) holds the whole host: the value is taken for a path
/// unless the host visibly goes on after it.
fn looks_complete(authority: &str, next: Option<char>) -> bool {
    let goes_on = next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '@'));
    authority.contains('.') && authority.ends_with(|c: char| c.is_ascii_alphanumeric()) && !goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_come_from_whole_hosts_only() {
        let closed = |text: &str| Prefix { text: text.to_owned(), is_open: false, next: None };
        let open = |text: &str, next| Prefix { text: text.to_owned(), is_open: true, next };
        let cases = [
            (closed("https://API.x.de"), Some("api.x.de")),
            (closed("https://x.de:443/a"), Some("x.de")),
            (closed("http://x.de:8080?a"), Some("x.de:8080")),
            (closed("https://user:pass@x.de/"), Some("x.de")),
            (closed("https://bücher.de/"), Some("xn--bcher-kva.de")),
            (closed("http://[fd00::1]:81/"), Some("[fd00::1]:81")),
            (closed("ftp://x.de/"), None),
            (closed("https:///a"), None),
            (closed("https://x.de\\@y.de/"), Some("x.de")),
            (open("https://x.de/", Some('a')), Some("x.de")),
            (open("https://x.de", None), Some("x.de")),
            (open("https://x.de", Some('.')), None),
            (open("https://api.", None), None),
            (open("https://x.de:", None), None),
            (open("https://", None), None),
        ];
        for (prefix, host) in cases {
            assert_eq!(rule(&prefix).map(|rule| rule.to_string()).as_deref(), host, "{prefix:?}");
        }
    }
}
