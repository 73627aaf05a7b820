//! The system's names through the real resolver: a name server in the namespace, and a file system of its own view.

use std::net::Ipv4Addr;

use mcpbox_core::execute::HostOutcome;
use mcpbox_egress::{Broker, BrokerConfig, FetchErrorKind};
use tokio::net::UdpSocket;

use crate::support::{
    LAN, PUBLIC, get, in_namespace_with_files, is_denied,
    server::{echo, serve_on},
    session,
};

const FILES: &[(&str, &str)] = &[
    ("/etc/resolv.conf", "nameserver 10.99.0.1\noptions timeout:1 attempts:1\n"),
    ("/etc/hosts", "127.0.0.1 localhost\n10.99.0.1 homeassistant.local\n93.184.216.34 listed.test\n"),
];

/// A name server that knows a few names; AAAA questions get no answers, unknown names do not exist.
async fn name_server(socket: UdpSocket) {
    let mut question = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut question).await {
        let reply = answer(&question[..length]);
        socket.send_to(&reply, from).await.unwrap();
    }
}

/// Alias, the name and address behind it, whether it is reached, why.
pub(crate) const ALIASES: &[(&str, &str, Ipv4Addr, bool, &str)] = &[
    ("alias.test", "public.test", Ipv4Addr::new(93, 184, 216, 34), true, "a granted name may be another's alias"),
    ("cname-loopback.test", "inside.test", Ipv4Addr::LOCALHOST, false, "the address at the end is judged"),
    ("cname-lan.test", "nas.test", Ipv4Addr::new(10, 99, 0, 1), false, "granted without its port"),
    ("cname-metadata.test", "meta.test", Ipv4Addr::new(169, 254, 169, 254), false, "the address at the end is judged"),
    ("cname-unspecified.test", "zero.test", Ipv4Addr::UNSPECIFIED, false, "the address at the end is judged"),
    ("cname-carrier.test", "cgn.test", Ipv4Addr::new(100, 64, 0, 1), false, "granted without its port"),
];

fn answer(question: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let is_a = question[end..end + 2] == [0, 1];
    let name = shown(&question[12..end]);
    let alias = ALIASES.iter().find(|row| row.0 == name);
    let addresses: Option<Vec<Ipv4Addr>> = match name.as_str() {
        _ if alias.is_some() => alias.map(|row| vec![row.2]),
        "public.test" => Some(vec![PUBLIC.parse().unwrap()]),
        "mixed.test" => Some(vec![PUBLIC.parse().unwrap(), Ipv4Addr::new(10, 99, 0, 1)]),
        "inside.test" => Some(vec![Ipv4Addr::LOCALHOST]),
        _ => None,
    };
    let found = if is_a { addresses.clone().unwrap_or_default() } else { Vec::new() };
    let code = if addresses.is_some() { 0x80 } else { 0x83 };
    let records = found.len() + usize::from(alias.is_some());
    let mut reply = question[..2].to_vec();
    reply.extend([0x81, code, 0, 1, 0, u8::try_from(records).unwrap(), 0, 0, 0, 0]);
    reply.extend(&question[12..end + 4]);
    // Where the name of the addresses stands: in the question, or in the alias's record.
    let mut owner = 12;
    if let Some(row) = alias {
        let target = wire(row.1);
        reply.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, u8::try_from(target.len()).unwrap()]);
        owner = u8::try_from(reply.len()).unwrap();
        reply.extend(target);
    }
    for address in found {
        reply.extend([0xc0, owner, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        reply.extend(address.octets());
    }
    reply
}

/// A name as it is written, from its labels.
fn shown(mut labels: &[u8]) -> String {
    let mut words = Vec::new();
    while let Some((length, rest)) = labels.split_first().filter(|(length, _)| **length > 0) {
        words.push(String::from_utf8_lossy(&rest[..usize::from(*length)]).to_lowercase());
        labels = &rest[usize::from(*length)..];
    }
    words.join(".")
}

/// A name as labels.
fn wire(name: &str) -> Vec<u8> {
    let mut labels = Vec::new();
    for word in name.split('.') {
        labels.push(u8::try_from(word.len()).unwrap());
        labels.extend(word.as_bytes());
    }
    labels.push(0);
    labels
}

#[test]
fn an_alias_is_judged_by_the_address_at_its_end() {
    in_namespace_with_files("names::an_alias_is_judged_by_the_address_at_its_end", FILES, || async {
        let _serving = tokio::spawn(name_server(UdpSocket::bind((LAN, 53)).await.unwrap()));
        let _public = serve_on(PUBLIC, 80, echo).await;
        let lan = serve_on(LAN, 80, echo).await;
        let inside = serve_on("127.0.0.1", 80, echo).await;
        let broker = Broker::new(BrokerConfig { request_timeout_ms: 8_000, ..BrokerConfig::default() }).unwrap();
        for (alias, behind, address, is_reached, why) in ALIASES {
            // Also the name behind it is granted: that must not help.
            let session = session(&broker, &[alias, behind]);
            let outcome = session.fetch(get(format!("http://{alias}/"))).await;
            assert_eq!(outcome.is_ok(), *is_reached, "{alias} → {behind} ({address}), {why}: {outcome:?}");
            let attempt = &session.attempts()[0];
            assert_eq!((attempt.host.as_str(), attempt.port, attempt.method.as_str()), (*alias, 80, "GET"));
            let expected = if *is_reached { HostOutcome::Reached } else { HostOutcome::Denied };
            assert_eq!(attempt.outcome, expected, "{attempt:?}");
            assert!(*is_reached || attempt.detail.contains(&address.to_string()), "{attempt:?}");
        }
        assert_eq!((lan.connections.get(), inside.connections.get()), (0, 0));
    });
}

#[test]
fn system_names_come_from_hosts_file_and_name_servers() {
    in_namespace_with_files("names::system_names_come_from_hosts_file_and_name_servers", FILES, || async {
        let serving = tokio::spawn(name_server(UdpSocket::bind((LAN, 53)).await.unwrap()));
        let _public = serve_on(PUBLIC, 80, echo).await;
        let _lan = serve_on(LAN, 8123, echo).await;
        let broker = Broker::new(BrokerConfig { request_timeout_ms: 8_000, ..BrokerConfig::default() }).unwrap();
        let grants = [
            "public.test",
            "mixed.test",
            "inside.test:80",
            "listed.test",
            "homeassistant.local:8123",
            "localhost:8123",
            "none.test",
            "none2.test",
        ];
        let session = session(&broker, &grants);
        for url in ["http://public.test/", "http://listed.test/", "http://homeassistant.local:8123/"] {
            assert_eq!(session.fetch(get(url)).await.unwrap().status, 200, "{url}");
        }
        for url in ["http://mixed.test/", "http://inside.test/", "http://localhost:8123/"] {
            let error = session.fetch(get(url)).await.unwrap_err();
            assert!(is_denied(&error), "{url}: {error:?}");
        }
        let error = session.fetch(get("http://none.test/")).await.unwrap_err();
        assert!(error.kind == FetchErrorKind::Unresolvable && error.message.contains("does not exist"), "{error:?}");
        assert!(!serving.is_finished());
        serving.abort();
        let _ended = serving.await;
        let error = session.fetch(get("http://none2.test/")).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unresolvable, "{error:?}");
    });
}
