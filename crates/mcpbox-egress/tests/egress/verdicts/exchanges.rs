//! What hosts and requests do beyond their URL: redirects, names that change, bodies without end, headers that inject. One world,
//! one row each.

use std::sync::Arc;

use mcpbox_egress::{Broker, BrokerConfig, ExtraRoots, FetchRequest};

use super::{
    Row,
    Verdict::{self, BadAnswer, BadRequest, BadTls, Never, NotGranted, NotLan, Reached, Refused, TooLarge, TooSlow},
};
use crate::support::{
    LAN, PUBLIC, PUBLIC_2, broker_with, following, get, in_namespace, post, rules,
    server::{After, Authority, echo, redirect, serve_on, serve_raw, serve_tls, text},
    with_header,
};

/// What a row asks for; `{…}` in a URL stands for a port of the world.
type Ask = fn(String) -> FetchRequest;

const GET: Ask = get;
const FOLLOW: Ask = following;

/// Form, URL, request, verdict, why.
const EXCHANGES: &[(&str, &str, Ask, Verdict, &str)] = &[
    // A name that changes its answer. If it were asked again between decision and connection, loopback would be reached.
    ("rebinding before the connection", "http://rebind.test/", GET, Reached, "connects to what was decided on"),
    ("rebinding before the next request", "http://rebind.test/", GET, Never, "each request is decided anew"),
    // Redirects; the library follows.
    ("redirect on the host", "http://start.test/ok", FOLLOW, Reached, "every step is granted"),
    ("redirect to a granted host", "http://start.test/other", FOLLOW, Reached, "every step is granted"),
    ("redirect up to https", "http://start.test/up", FOLLOW, Reached, "TLS is no step down"),
    ("redirect to loopback", "http://start.test/loopback", FOLLOW, Never, "a target is judged like a first request"),
    ("redirect to decimal loopback", "http://start.test/decimal", FOLLOW, Never, "in any spelling"),
    ("redirect to mapped loopback", "http://start.test/mapped", FOLLOW, Never, "in any family"),
    ("redirect to a name of loopback", "http://start.test/home", FOLLOW, Never, "its address is judged, not its name"),
    ("redirect to metadata", "http://start.test/metadata", FOLLOW, Never, "though granted"),
    ("redirect to the LAN", "http://start.test/lan", FOLLOW, NotLan, "granted without its port"),
    ("redirect to a LAN address", "http://start.test/lan-address", FOLLOW, NotGranted, "nobody granted it"),
    ("redirect to what is not granted", "http://start.test/evil", FOLLOW, NotGranted, "a host grants nothing"),
    ("redirect to another port", "http://start.test/port", FOLLOW, NotGranted, "the grant has no port"),
    ("redirect that rebinds", "http://start.test/rebind", FOLLOW, Never, "resolved anew for the step"),
    ("redirect to a file", "http://start.test/file", FOLLOW, BadAnswer, "another protocol"),
    ("redirect to gopher", "http://start.test/gopher", FOLLOW, BadAnswer, "another protocol"),
    ("redirect with a user", "http://start.test/user", FOLLOW, BadAnswer, "a user hides where it goes"),
    ("redirect with backslashes", "http://start.test/backslash", FOLLOW, BadAnswer, "parsers disagree on the host"),
    ("redirect without end", "http://start.test/loop", FOLLOW, BadAnswer, "ten steps are enough"),
    ("redirect not followed", "http://start.test/loopback", GET, Reached, "it was only asked for the answer"),
    ("step down from https to http", "https://tls.test/down", FOLLOW, Refused, "what was private would be readable"),
    // Names that change or point inside.
    ("a name with a public and a private address", "http://mixed.test/", GET, NotLan, "all addresses must be allowed"),
    ("a name with a public and a loopback address", "http://half.test/", GET, Never, "all addresses must be allowed"),
    ("a name behind this network's NAT64", "http://nat64.test/", GET, Never, "its prefix shows in ipv4only.arpa"),
    ("an address behind this network's NAT64", "http://[2a01:db8:64::a00:1]/", GET, Never, "the same, as a literal"),
    ("an IPv6 address beside that prefix", "http://beside.test/", GET, Verdict::Allowed, "only the prefix is special"),
    // Bodies and heads without end.
    ("a body over the cap, announced", "http://start.test/big", GET, TooLarge, "refused before it is read"),
    ("a body over the cap, not announced", "http://big.test:{flood}/", GET, TooLarge, "counted while it comes"),
    ("a body that is announced absurdly", "http://big.test:{liar}/", GET, TooLarge, "nothing is reserved for it"),
    ("a head without end", "http://big.test:{head}/", GET, BadAnswer, "heads have a cap of their own"),
    ("a body that drips", "http://big.test:{drip}/", slow, TooSlow, "time is capped, however alive the host is"),
    ("a head that drips", "http://big.test:{drip_head}/", slow, TooSlow, "the same before the head is complete"),
    ("a host that says nothing", "http://big.test:{hang}/", slow, TooSlow, "the same"),
    ("a zip bomb", "http://start.test/bomb", with_secret_in_reach, TooLarge, "what is unpacked here counts unpacked"),
    ("a request body over the cap", "http://start.test/", big_post, TooLarge, "refused before it is sent"),
    // Headers and methods that would change the message.
    (
        "a line break in a header",
        "http://start.test/",
        |url| with(url, "X-A", "b\r\nHost: evil.test"),
        BadRequest,
        "injection",
    ),
    ("a bare line feed", "http://start.test/", |url| with(url, "X-A", "b\nX-B: c"), BadRequest, "injection"),
    ("a NUL in a header", "http://start.test/", |url| with(url, "X-A", "b\0"), BadRequest, "cuts values for some"),
    ("a line break in a header's name", "http://start.test/", |url| with(url, "X\r\nY", "b"), BadRequest, "injection"),
    ("a space in a header's name", "http://start.test/", |url| with(url, "X A", "b"), BadRequest, "smuggling"),
    (
        "another Host",
        "http://start.test/",
        |url| with(url, "Host", "evil.test"),
        BadRequest,
        "another site on the same address",
    ),
    (
        "a proxy's header",
        "http://start.test/",
        |url| with(url, "Proxy-Authorization", "x"),
        BadRequest,
        "there is no proxy",
    ),
    (
        "another protocol",
        "http://start.test/",
        |url| with(url, "Upgrade", "h2c"),
        BadRequest,
        "out of sight of every check",
    ),
    (
        "Transfer-Encoding",
        "http://start.test/",
        |url| with(url, "Transfer-Encoding", "chunked"),
        Reached,
        "ignored: the broker frames",
    ),
    (
        "Content-Length",
        "http://start.test/",
        |url| with(url, "Content-Length", "7"),
        Reached,
        "ignored: the broker frames",
    ),
    ("CONNECT", "http://start.test/", |url| method(url, "CONNECT"), BadRequest, "a tunnel is out of sight"),
    ("TRACE", "http://start.test/", |url| method(url, "TRACE"), BadRequest, "echoes what was put in"),
    (
        "a line break in the method",
        "http://start.test/",
        |url| method(url, "GET / HTTP/1.1\r\nX:"),
        BadRequest,
        "injection",
    ),
    // Protocols.
    ("TLS with another name", "https://wrong.test/", GET, BadTls, "the certificate is for another host"),
    (
        "TLS that nobody vouches for",
        "https://big.test:{selfsigned}/",
        GET,
        BadTls,
        "verification cannot be switched off",
    ),
    ("https to a plain port", "https://big.test:{drip}/", GET, BadTls, "no step down to plain text"),
    ("http to a TLS port", "http://tls.test:443/", GET, BadAnswer, "no guessing of protocols"),
    ("HTTP/2 over TLS", "https://tls.test/", GET, Reached, "agreed on by ALPN"),
];

fn slow(url: String) -> FetchRequest {
    FetchRequest { timeout_ms: Some(300), ..get(url) }
}

fn with(url: String, name: &str, value: &str) -> FetchRequest {
    with_header(get(url), name, value)
}

fn method(url: String, method: &str) -> FetchRequest {
    FetchRequest { method: method.to_owned(), ..get(url) }
}

fn big_post(url: String) -> FetchRequest {
    post(url, "text/plain", vec![b'x'; 100_001])
}

fn with_secret_in_reach(url: String) -> FetchRequest {
    get(url)
}

fn answer(seen: &crate::support::server::Seen) -> crate::support::server::Answer {
    match seen.uri.path() {
        "/ok" => redirect(302, "/landed"),
        "/other" => redirect(307, "http://twice.test/"),
        "/up" => redirect(301, "https://tls.test/"),
        "/loopback" => redirect(302, "http://127.0.0.1/"),
        "/decimal" => redirect(302, "http://2130706433/"),
        "/mapped" => redirect(302, "http://[::ffff:127.0.0.1]/"),
        "/home" => redirect(302, "http://home.test/"),
        "/metadata" => redirect(302, "http://169.254.169.254/latest/meta-data/"),
        "/lan" => redirect(302, "http://nas.test/"),
        "/lan-address" => redirect(302, "http://10.99.0.1/"),
        "/evil" => redirect(302, "http://evil.test/"),
        "/port" => redirect(302, "http://start.test:8080/"),
        "/rebind" => redirect(302, "http://rebind.test/"),
        "/file" => redirect(302, "file:///etc/passwd"),
        "/gopher" => redirect(302, "gopher://127.0.0.1:6379/_FLUSHALL"),
        "/user" => redirect(302, "http://a:b@start.test/"),
        "/backslash" => redirect(302, "http:\\\\start.test/"),
        "/loop" => redirect(302, "/loop"),
        "/big" => text(vec![b'x'; 100_001]),
        "/bomb" => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut packer, &vec![0; 2_000_000]).unwrap();
            let mut answer = text(packer.finish().unwrap());
            answer.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
            answer
        }
        _ => echo(seen),
    }
}

/// The world of the rows, and the ports of its servers by name.
async fn world() -> (Arc<Broker>, Vec<(&'static str, u16)>) {
    let authority = Authority::new();
    serve_on(PUBLIC, 80, answer).await;
    serve_on(PUBLIC_2, 80, |_| text("second")).await;
    serve_on(LAN, 80, |_| text("never")).await;
    serve_tls(PUBLIC, 443, &authority, &["tls.test"], &["h2", "http/1.1"], |seen| match seen.uri.path() {
        "/down" => redirect(302, "http://start.test/"),
        _ => echo(seen),
    })
    .await;
    let stranger = serve_tls(LAN, 8443, &Authority::new(), &["big.test"], &[], echo).await;
    let endless: &'static [u8] = b"HTTP/1.1 200 OK\r\n\r\n";
    let endless_head: &'static [u8] = b"HTTP/1.1 200 OK\r\nx: ";
    let ports = vec![
        ("flood", serve_raw(LAN, endless, After::Flood(b'x')).await.port),
        ("liar", serve_raw(LAN, b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", After::Hang).await.port),
        ("head", serve_raw(LAN, endless_head, After::Flood(b'x')).await.port),
        ("drip", serve_raw(LAN, endless, After::Drip(b'x')).await.port),
        ("drip_head", serve_raw(LAN, endless_head, After::Drip(b'x')).await.port),
        ("hang", serve_raw(LAN, b"", After::Hang).await.port),
        ("selfsigned", stranger.port),
    ];
    let names: &[(&str, &[&str])] = &[
        ("start.test", &[PUBLIC]),
        ("tls.test", &[PUBLIC]),
        ("wrong.test", &[PUBLIC]),
        ("twice.test", &[PUBLIC_2]),
        ("home.test", &["127.0.0.1"]),
        ("nas.test", &[LAN]),
        ("big.test", &[LAN]),
        ("rebind.test", &[PUBLIC]),
        ("rebind.test", &["127.0.0.1"]),
        ("mixed.test", &[PUBLIC, LAN]),
        ("half.test", &[PUBLIC, "127.0.0.1"]),
        ("ipv4only.arpa", &["192.0.0.170", "2a01:db8:64::c000:aa", "2a01:db8:64::c000:ab"]),
        ("nat64.test", &["2a01:db8:64::7f00:1"]),
        ("beside.test", &["2a01:db8:65::7f00:1"]),
    ];
    let pem = authority.pem.clone().into_bytes();
    let broker = broker_with(names, |config| BrokerConfig {
        max_response_bytes: 100_000,
        max_request_bytes: 100_000,
        extra_roots: vec![ExtraRoots::Pem(pem)],
        ..config
    });
    (broker, ports)
}

#[test]
fn every_exchange_ends_as_its_row_says() {
    in_namespace("verdicts::exchanges::every_exchange_ends_as_its_row_says", || async {
        let (broker, ports) = world().await;
        let mut granted: Vec<String> = ports.iter().map(|(_, port)| format!("big.test:{port}")).collect();
        granted.extend(
            [
                "start.test",
                "tls.test",
                "wrong.test",
                "twice.test",
                "home.test",
                "nas.test",
                "rebind.test",
                "mixed.test",
                "half.test",
                "nat64.test",
                "beside.test",
                "127.0.0.1",
                "169.254.169.254",
                "2a01:db8:64::a00:1",
            ]
            .map(str::to_owned),
        );
        let granted: Vec<&str> = granted.iter().map(String::as_str).collect();
        let mut wrong = Vec::new();
        for (form, url, ask, expected, why) in EXCHANGES {
            let url = ports
                .iter()
                .fold((*url).to_owned(), |url, (name, port)| url.replace(&format!("{{{name}}}"), &port.to_string()));
            let secrets = match *form {
                "a zip bomb" => vec![crate::support::sealed("KEY", "a-sealed-value", &["start.test"])],
                _ => Vec::new(),
            };
            let grants = mcpbox_egress::SessionGrants { hosts: rules(&granted), secrets, http_mocks: None };
            let session = broker.session(grants);
            wrong.extend(Row { form, expected: *expected, why }.check(&session, ask(url)).await);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// For the count of all rows.
pub(super) const COUNT: usize = EXCHANGES.len();
