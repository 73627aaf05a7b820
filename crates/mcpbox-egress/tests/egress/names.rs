//! The system's names through the real resolver: a name server in the namespace, and a file system of its own view.

use std::net::Ipv4Addr;

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

fn answer(question: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let is_a = question[end..end + 2] == [0, 1];
    let name = String::from_utf8_lossy(&question[13..end - 1]).to_lowercase();
    let addresses: Option<Vec<Ipv4Addr>> = match name.as_str() {
        "public\u{4}test" => Some(vec![PUBLIC.parse().unwrap()]),
        "mixed\u{4}test" => Some(vec![PUBLIC.parse().unwrap(), Ipv4Addr::new(10, 99, 0, 1)]),
        "inside\u{4}test" => Some(vec![Ipv4Addr::LOCALHOST]),
        _ => None,
    };
    let found = addresses.clone().unwrap_or_default();
    let count = if is_a { found.len() } else { 0 };
    let code = if addresses.is_some() { 0x80 } else { 0x83 };
    let mut reply = question[..2].to_vec();
    reply.extend([0x81, code, 0, 1, 0, u8::try_from(count).unwrap(), 0, 0, 0, 0]);
    reply.extend(&question[12..end + 4]);
    for address in found.iter().take(count) {
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        reply.extend(address.octets());
    }
    reply
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
