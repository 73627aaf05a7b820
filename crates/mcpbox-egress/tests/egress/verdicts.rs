//! What goes out and what does not, by URL and address form. Runs in a namespace without any route: what is allowed
//! fails to connect, what is refused says why.

mod addresses;
mod exchanges;
mod url_forms;

use std::fmt;

use crate::support::{broker, get, in_namespace, rules};
use mcpbox_core::execute::HostOutcome;
use mcpbox_egress::{FetchErrorKind, FetchRequest, Session};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It was answered.
    Reached,
    /// Decided in favour: a connection was tried.
    Allowed,
    /// Not a URL that is taken.
    Invalid,
    /// The host, port or method is not granted.
    NotGranted,
    /// Granted, but the address is private and the grant is not one for the LAN.
    NotLan,
    /// Such an address is never reached.
    Never,
    /// Granted, but refused for another reason.
    Refused,
    /// No address.
    Unresolvable,
    /// Headers, method or body are not sent.
    BadRequest,
    /// What the host says is not taken.
    BadAnswer,
    /// No safe TLS.
    BadTls,
    /// Over a cap.
    TooLarge,
    /// Over its time.
    TooSlow,
}

impl Verdict {
    /// Whether it is this side that says no, before anything is sent: then there must be evidence of it.
    fn is_refusal(self) -> bool {
        matches!(self, Invalid | NotGranted | NotLan | Never | Refused | BadRequest)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

use Verdict::{
    Allowed, BadAnswer, BadRequest, BadTls, Invalid, Never, NotGranted, NotLan, Reached, Refused, TooLarge, TooSlow,
    Unresolvable,
};
use addresses::ADDRESSES;
use url_forms::URL_FORMS;

/// One line of a table.
struct Row<'a> {
    form: &'a str,
    expected: Verdict,
    why: &'a str,
}

impl Row<'_> {
    /// What is wrong, if something is: the verdict, or missing evidence of a refusal.
    async fn check(&self, session: &Session, request: FetchRequest) -> Option<String> {
        let found = verdict(session, request).await;
        let attempts = session.attempts();
        let is_told = attempts.last().is_some_and(|last| {
            last.outcome == HostOutcome::Denied && !last.method.is_empty() && !last.detail.is_empty()
        });
        let Self { form, expected, why } = self;
        if found != *expected {
            return Some(format!("{form:?}: expected {expected} ({why}), found {found}"));
        }
        (expected.is_refusal() && !is_told).then(|| format!("{form:?}: refused without evidence: {attempts:?}"))
    }
}

async fn verdict(session: &Session, request: FetchRequest) -> Verdict {
    let Err(error) = session.fetch(request).await else { return Reached };
    match error.kind {
        FetchErrorKind::ConnectFailed => Allowed,
        FetchErrorKind::InvalidUrl => Invalid,
        FetchErrorKind::Unresolvable => Unresolvable,
        FetchErrorKind::Denied { .. } if error.message.contains("is not granted") => NotGranted,
        FetchErrorKind::Denied { .. } if error.message.contains("private network") => NotLan,
        FetchErrorKind::Denied { .. } if error.message.contains("never reach") => Never,
        FetchErrorKind::Denied { .. } => Refused,
        FetchErrorKind::InvalidRequest => BadRequest,
        FetchErrorKind::Protocol => BadAnswer,
        FetchErrorKind::Tls => BadTls,
        FetchErrorKind::TooLarge => TooLarge,
        FetchErrorKind::Timeout => TooSlow,
    }
}

#[test]
fn the_tables_are_long_and_every_row_has_its_reason() {
    assert!(URL_FORMS.len() + ADDRESSES.len() + exchanges::COUNT + crate::names::ALIASES.len() >= 300);
    assert!(URL_FORMS.len() >= 150, "{}", URL_FORMS.len());
    let mut seen = std::collections::HashSet::new();
    for (form, _, why) in URL_FORMS.iter().chain(ADDRESSES) {
        assert!(seen.insert(form), "{form:?} stands twice");
        assert!(why.len() > 5, "{form:?} has no reason");
    }
}

#[test]
fn url_forms_are_read_in_one_way_only() {
    in_namespace("verdicts::url_forms_are_read_in_one_way_only", || async {
        let broker = broker(&[("example.com", &["93.184.216.99"]), ("xn--bcher-kva.example", &["93.184.216.99"])]);
        let granted = [
            "example.com",
            "xn--bcher-kva.example",
            "nowhere.test",
            "8.8.8.8",
            "2606:4700::2",
            "127.0.0.1",
            "127.255.255.254",
            "127.0.0.0",
            "0.0.0.0",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
        ];
        check_all(&broker, &granted, URL_FORMS).await;
    });
}

#[test]
fn every_address_is_judged_as_literal_and_behind_a_name() {
    in_namespace("verdicts::every_address_is_judged_as_literal_and_behind_a_name", || async {
        for (address, expected, why) in ADDRESSES {
            let url_host = if address.contains(':') { format!("[{address}]") } else { (*address).to_owned() };
            let broker = broker(&[("name.test", &[address]), ("mixed.test", &["1.1.1.1", address])]);
            let as_lan = if *expected == NotLan { Allowed } else { *expected };
            let rows = [
                (address.to_string(), format!("http://{url_host}/"), as_lan),
                (format!("{url_host}:8123"), format!("http://{url_host}:8123/"), as_lan),
                ("name.test".to_owned(), "http://name.test/".to_owned(), *expected),
                ("name.test:8123".to_owned(), "http://name.test:8123/".to_owned(), as_lan),
                ("name.test:443".to_owned(), "https://name.test/".to_owned(), as_lan),
                ("mixed.test".to_owned(), "http://mixed.test/".to_owned(), *expected),
            ];
            for (grant, url, expected) in rows {
                check_all(&broker, &[grant.as_str()], &[(url.as_str(), expected, why)]).await;
            }
        }
    });
}

#[test]
fn a_grant_for_one_port_or_method_is_for_no_other() {
    in_namespace("verdicts::a_grant_for_one_port_or_method_is_for_no_other", || async {
        let broker = broker(&[("example.com", &["93.184.216.99"]), ("nas.test", &["192.168.1.5"])]);
        let rows: &[(&str, Verdict, &str)] = &[
            ("https://example.com:8443/", Allowed, "the port that is granted"),
            ("https://example.com/", NotGranted, "a grant with a port is for no other"),
            ("http://nas.test:5000/", Allowed, "a LAN host, granted with its port"),
            ("http://nas.test/", NotGranted, "a grant with a port is for no other"),
        ];
        check_all(&broker, &["example.com:8443", "nas.test:5000"], rows).await;

        let mut only_get = rules(&["example.com"]).to_vec();
        only_get[0].method = Some("GET".to_owned());
        let session = broker.session(mcpbox_egress::SessionGrants { hosts: only_get.into(), ..Default::default() });
        assert_eq!(verdict(&session, get("http://example.com/")).await, Allowed);
        let post = mcpbox_egress::FetchRequest { method: "post".to_owned(), ..get("http://example.com/") };
        let error = session.fetch(post).await.unwrap_err();
        assert!(error.message.starts_with("POST to port 80 of example.com is not granted"), "{error}");
        assert_eq!(session.attempts().len(), 2);
    });
}

async fn check_all(broker: &std::sync::Arc<mcpbox_egress::Broker>, granted: &[&str], rows: &[(&str, Verdict, &str)]) {
    let mut wrong = Vec::new();
    for (url, expected, why) in rows {
        let session = crate::support::session(broker, granted);
        wrong.extend(Row { form: url, expected: *expected, why }.check(&session, get(*url)).await);
    }
    assert!(wrong.is_empty(), "granted {granted:?}:\n{}", wrong.join("\n"));
}
