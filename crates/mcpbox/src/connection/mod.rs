//! Whether clients elsewhere can connect: walks what claude.ai and ChatGPT walk, one hop after the other, and says which one fails, why
//! that matters and what to do. Needs nothing but the public address, so that it can be asked from any machine.
//!
//! Must not: leave anything behind at the server (it registers no client and logs nobody in), or follow where an answer points to.

mod address;
mod caller;
mod discovery;
mod login;
mod protocol;

use std::{path::PathBuf, sync::Arc};

use futures::FutureExt;
use mcpbox_admin::{Hop, PublicAddress};
use mcpbox_sandbox::LayerReport;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use self::{address::Address, caller::Caller};
use crate::config::Config;

/// What is checked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The public address: `https://host`, or that of the endpoint under it.
    pub url: String,
    /// Gets behind the login, if there is one.
    pub token: Option<SecretString>,
    /// Further authorities of certificates, PEM.
    pub extra_ca: Option<PathBuf>,
}

/// Why a hop is not as wanted.
#[derive(Debug)]
struct Trouble {
    got: String,
    fix: String,
}

impl Trouble {
    fn new(got: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { got: got.into(), fix: fix.into() }
    }
}

/// What was found: as wanted, or not.
type Found = Result<String, Trouble>;

/// The public address of this server, for its page.
pub(crate) fn public(config: &Config) -> Option<PublicAddress> {
    let url = config.remote.as_ref()?.public_url.clone();
    let asked = Arc::new(Asked { url: url.clone(), token: None, extra_ca: config.extra_ca.clone() });
    let walk = move || {
        let asked = Arc::clone(&asked);
        async move { check(&asked).await.into_iter().map(shown).collect() }.boxed()
    };
    Some(PublicAddress { url, walk: Arc::new(walk), turn: Arc::new(Semaphore::new(1)) })
}

fn shown(LayerReport { layer, wanted, got, ok, why, fix, .. }: LayerReport) -> Hop {
    Hop { name: layer, wanted, got, is_ok: ok, why, fix }
}

/// Walks all hops. Those that cannot be tried because an earlier one fails are left out.
pub(crate) async fn check(asked: &Asked) -> Vec<LayerReport> {
    let mut hops = Vec::new();
    let address = match address::parse(&asked.url) {
        Ok(address) => address,
        Err(trouble) => return vec![hop(&ADDRESS, Err(trouble))],
    };
    hops.push(hop(&ADDRESS, Ok(address.origin.clone())));
    let name = address::resolve(&address).await;
    let is_known = name.is_ok();
    hops.push(hop(&NAME, name));
    if !is_known {
        return hops;
    }
    let caller = match Caller::new(asked, &address) {
        Ok(caller) => caller,
        Err(trouble) => {
            hops.push(hop(&CONNECTION, Err(trouble)));
            return hops;
        }
    };
    match caller.get("/health").await {
        Err(trouble) => hops.push(hop(&CONNECTION, Err(trouble))),
        Ok(answer) => {
            hops.push(hop(&CONNECTION, Ok(address.secured().to_owned())));
            let found = caller::is_alive(&answer);
            let is_there = found.is_ok();
            hops.push(hop(&SERVER, found));
            if is_there {
                walk(&caller, &address, asked.token.as_ref(), &mut hops).await;
            }
        }
    }
    hops
}

async fn walk(caller: &Caller, address: &Address, token: Option<&SecretString>, hops: &mut Vec<LayerReport>) {
    hops.push(hop(&CHALLENGE, discovery::challenge(caller, address).await));
    hops.push(hop(&RESOURCE, discovery::resource(caller, address).await));
    hops.push(hop(&ISSUER, discovery::issuer(caller, address).await));
    hops.push(hop(&REGISTRATION, login::registration(caller).await));
    hops.push(hop(&AUTHORIZE, login::authorize(caller, address).await));
    hops.push(hop(&REDIRECT, login::foreign_redirect(caller, address).await));
    hops.push(hop(&TOKEN, login::token(caller, address).await));
    hops.push(hop(&AUTHORIZATION, protocol::authorization(caller).await));
    hops.push(hop(&CLAUDE, protocol::initialize(caller, token).await));
    hops.push(hop(&CHATGPT, protocol::discover(caller, token).await));
    hops.push(hop(&STREAM, protocol::stream(caller).await));
}

/// A hop: its name, what is wanted, and why.
type Wanted = (&'static str, &'static str, &'static str);

const ADDRESS: Wanted = ("address", "an https address", "clients in the cloud refuse any other");
const NAME: Wanted = ("name", "a name that resolves", "clients in the cloud find the box by it");
const CONNECTION: Wanted =
    ("connection", "a connection with a valid certificate", "clients in the cloud accept no other");
const SERVER: Wanted = ("server", "MCPbox behind it", "the proxy or tunnel must hand requests on, unchanged");
const CHALLENGE: Wanted =
    ("challenge", "401 that says where to log in", "clients begin there; without it they give up");
const RESOURCE: Wanted = (
    "resource metadata",
    "the document at every path that clients try",
    "claude.ai asks where the challenge points, ChatGPT at the well-known paths",
);
const ISSUER: Wanted = (
    "server metadata",
    "the document at every path that clients try, with this address as issuer",
    "clients compare the issuer, and find every other address there",
);
const REGISTRATION: Wanted =
    ("registration", "an answer that a client can read", "Cursor and others register before they log in");
const AUTHORIZE: Wanted = (
    "authorize",
    "a way back to the client that names this address",
    "the login ends there, and clients compare the issuer",
);
const REDIRECT: Wanted = (
    "foreign redirect",
    "a page that refuses it",
    "a code that goes to somebody else's address is somebody else's login",
);
const TOKEN: Wanted =
    ("token endpoint", "an OAuth error that is not stored", "clients read the error; caches must not keep tokens");
const AUTHORIZATION: Wanted = (
    "authorization",
    "the Authorization header arrives",
    "a proxy that takes it away makes every login fail at its last step",
);
const CLAUDE: Wanted = ("initialize", "an answer in the 2025-11-25 era", "claude.ai and most clients speak it");
const CHATGPT: Wanted = ("discover", "an answer in the 2026-07-28 era", "newer clients, such as ChatGPT, speak it");
const STREAM: Wanted = (
    "stream",
    "events arrive one by one",
    "progress and changed lists are streams; a proxy that collects them first makes clients time out",
);

fn hop((name, wanted, why): &Wanted, found: Found) -> LayerReport {
    let ok = found.is_ok();
    let (got, fix) = match found {
        Ok(got) => (got, String::new()),
        Err(trouble) => (trouble.got, trouble.fix),
    };
    LayerReport {
        layer: (*name).to_owned(),
        wanted: (*wanted).to_owned(),
        got,
        ok,
        mandatory: true,
        why: (*why).to_owned(),
        fix,
    }
}
