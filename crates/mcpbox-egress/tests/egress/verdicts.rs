//! What goes out and what does not, by URL and address form. Runs in a namespace without any route: what is allowed
//! fails to connect, what is refused says why.

mod addresses;
mod url_forms;

use std::fmt;

use crate::support::{broker, get, in_namespace, rules};
use mcpbox_egress::{FetchErrorKind, Session};

/// What becomes of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Decided in favour: a connection was tried.
    Allowed,
    /// Not a URL that is taken.
    Invalid,
    /// The host, port or method is not granted.
    NotGranted,
    /// Granted, but the address is private and the grant is not one for the LAN.
    NotLan,
    /// Granted, but such an address is never reached.
    Never,
    /// No address.
    Unresolvable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

use Verdict::{Allowed, Invalid, Never, NotGranted, NotLan, Unresolvable};
use addresses::ADDRESSES;
use url_forms::URL_FORMS;

/// Every host below that can be written as a grant is granted with ports 80/443, unless a row is about grants.
async fn verdict(session: &Session, url: &str) -> Verdict {
    let error = session.fetch(get(url)).await.expect_err("nothing can be reached here");
    match error.kind {
        FetchErrorKind::ConnectFailed => Allowed,
        FetchErrorKind::InvalidUrl => Invalid,
        FetchErrorKind::Unresolvable => Unresolvable,
        FetchErrorKind::Denied { .. } if error.message.contains("is not granted") => NotGranted,
        FetchErrorKind::Denied { .. } if error.message.contains("private network") => NotLan,
        FetchErrorKind::Denied { .. } if error.message.contains("never reach") => Never,
        other => panic!("{url}: {other:?} {}", error.message),
    }
}

#[test]
fn url_forms_are_read_in_one_way_only() {
    in_namespace("verdicts::url_forms_are_read_in_one_way_only", || async {
        assert!(URL_FORMS.len() >= 150, "{}", URL_FORMS.len());
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
        for (address, expected) in ADDRESSES {
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
                check_all(&broker, &[grant.as_str()], &[(url.as_str(), expected)]).await;
            }
        }
    });
}

#[test]
fn a_grant_for_one_port_or_method_is_for_no_other() {
    in_namespace("verdicts::a_grant_for_one_port_or_method_is_for_no_other", || async {
        let broker = broker(&[("example.com", &["93.184.216.99"]), ("nas.test", &["192.168.1.5"])]);
        let rows: &[(&str, Verdict)] = &[
            ("https://example.com:8443/", Allowed),
            ("https://example.com/", NotGranted),
            ("http://nas.test:5000/", Allowed),
            ("http://nas.test/", NotGranted),
        ];
        check_all(&broker, &["example.com:8443", "nas.test:5000"], rows).await;

        let mut only_get = rules(&["example.com"]).to_vec();
        only_get[0].method = Some("GET".to_owned());
        let session = broker.session(mcpbox_egress::SessionGrants { hosts: only_get.into(), ..Default::default() });
        assert_eq!(verdict(&session, "http://example.com/").await, Allowed);
        let post = mcpbox_egress::FetchRequest { method: "post".to_owned(), ..get("http://example.com/") };
        let error = session.fetch(post).await.unwrap_err();
        assert!(error.message.starts_with("POST to port 80 of example.com is not granted"), "{error}");
        assert_eq!(session.attempts().len(), 2);
    });
}

async fn check_all(broker: &std::sync::Arc<mcpbox_egress::Broker>, granted: &[&str], rows: &[(&str, Verdict)]) {
    let mut wrong = Vec::new();
    for (url, expected) in rows {
        let found = verdict(&crate::support::session(broker, granted), url).await;
        if found != *expected {
            wrong.push(format!("{url:?} (granted {granted:?}): expected {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
