//! Clients whose id is the address of a document: what is fetched, what is believed, and where it never goes.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mcpbox_catalog::{
    notify,
    oauth::{self, Ask, Asked},
};
use mcpbox_core::execute::BoxFuture;
use mcpbox_egress::{Broker, BrokerConfig, ExtraRoots, NameResolution, Resolve, ResolveError};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    lan::{LAN, PUBLIC, in_namespace},
    support::World,
};

const BACK: &str = "https://good.example/cb";

struct Names(HashMap<&'static str, IpAddr>);

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        let found = self.0.get(host).copied();
        Box::pin(async move { found.map(|address| vec![address]).ok_or(ResolveError::NoAddress) })
    }
}

/// A host at both addresses that answers by path, over TLS; gives its authority and how often it was asked.
async fn host() -> (Vec<u8>, Arc<AtomicUsize>) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let pem = params.self_signed(&authority_key).unwrap().pem().into_bytes();
    let names = ["good.example", "inside.example"].map(str::to_owned);
    let issuer = Issuer::new(params, authority_key);
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let (tls, asked) = (TlsAcceptor::from(Arc::new(config)), Arc::new(AtomicUsize::new(0)));
    for address in [PUBLIC, LAN] {
        let listener = TcpListener::bind((address, 443)).await.unwrap();
        let (tls, asked) = (tls.clone(), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                asked.fetch_add(1, Ordering::SeqCst);
                let Ok(mut stream) = tls.accept(stream).await else { continue };
                let mut head = [0_u8; 4096];
                let read = stream.read(&mut head).await.unwrap_or_default();
                let path = String::from_utf8_lossy(head.get(..read).unwrap_or_default())
                    .split(' ')
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                let _ = stream.write_all(answer(&path).as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
    }
    (pem, asked)
}

fn answer(path: &str) -> String {
    let document = |id: &str| format!(r#"{{"client_id": "{id}", "client_name": "Good", "redirect_uris": ["{BACK}"]}}"#);
    let whole = |status: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    match path {
        "/client.json" => whole("200 OK", &document("https://good.example/client.json")),
        "/inside.json" => whole("200 OK", &document("https://inside.example/inside.json")),
        "/other.json" => whole("200 OK", &document("https://good.example/client.json")),
        "/large.json" => whole("200 OK", &format!("{}{}", document("https://good.example/large.json"), " ".repeat(6 << 10))),
        "/moved.json" => "HTTP/1.1 302 Found\r\nlocation: https://good.example/client.json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(),
        _ => whole("404 Not Found", "{}"),
    }
}

async fn ask(world: &World, client_id: &str) -> Result<Asked, String> {
    let ask = Ask {
        client_id: client_id.into(),
        redirect_uri: Some(BACK.into()),
        response_type: "code".into(),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
        code_challenge_method: "S256".into(),
        ..Ask::default()
    };
    oauth::begin(&world.cat, ask).await.map_err(|error| error.to_string())
}

#[test]
fn a_document_is_fetched_once_from_public_addresses_alone() {
    in_namespace("client_documents::a_document_is_fetched_once_from_public_addresses_alone", async || {
        let (world, (pem, asked)) = (World::new().await, host().await);
        world.cat.serve_remote("https://box.example.com");
        let names = [
            ("good.example", PUBLIC),
            ("inside.example", LAN),
            ("loop.example", "127.0.0.1"),
            ("meta.example", "169.254.169.254"),
        ];
        let names = names.map(|(name, address)| (name, address.parse().unwrap()));
        let config = BrokerConfig {
            connect_timeout_ms: 2_000,
            max_idle_connections: 0,
            extra_roots: vec![ExtraRoots::Pem(pem)],
            names: NameResolution::Custom(Arc::new(Names(names.into()))),
            ..BrokerConfig::default()
        };
        notify::connect(&world.cat, Broker::new(config).unwrap());
        for (host, path) in
            [("inside.example", "inside"), ("loop.example", "x"), ("meta.example", "x"), ("none.example", "x")]
        {
            let refusal = ask(&world, &format!("https://{host}/{path}.json")).await.unwrap_err();
            assert!(refusal.contains("cannot be fetched from a public address"), "{refusal}");
            assert!(
                !refusal.contains("10.99") && !refusal.contains("127.0") && !refusal.contains("169.254"),
                "{refusal}"
            );
        }
        assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody inside was asked");
        for (path, why) in [
            ("other", "speaks of another client"),
            ("large", "larger than 5 KB"),
            ("moved", "status 302"),
            ("missing", "status 404"),
        ] {
            let refusal = ask(&world, &format!("https://good.example/{path}.json")).await.unwrap_err();
            assert!(refusal.contains(why), "{path}: {refusal}");
        }
        let before = asked.load(Ordering::SeqCst);
        for _ in 0..2 {
            let Asked::Begun(begun) = ask(&world, "https://good.example/client.json").await.unwrap() else { panic!() };
            assert_eq!(begun.request.client_name, "Good");
        }
        assert_eq!(asked.load(Ordering::SeqCst), before + 1, "the second login reads what was kept");
    });
}
