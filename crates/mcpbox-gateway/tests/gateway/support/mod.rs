//! A box for one test: a catalog on SQLite in a directory of its own, and a gateway on a free port.

pub(crate) mod client;
pub(crate) mod double;

use std::{sync::Arc, time::Duration};

use mcpbox_catalog::{
    Admin, Catalog, CatalogConfig,
    author::{self, CreateServer, CreateTool},
    review, session,
};
use mcpbox_core::{
    clock::{Clock, SystemClock},
    paging::PageRequest,
    principal::Principal,
    review::ReviewState,
    settings::Settings,
};
use mcpbox_gateway::{GatewayConfig, RateLimits};
use mcpbox_store::{Keyring, Store};
use mcpbox_testing::Database;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::double::Double;

/// A box and its gateway.
pub(crate) struct TestBox {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) double: Arc<Double>,
    pub(crate) url: String,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: Option<JoinHandle<()>>,
    pub(crate) reviewer: Admin,
    pub(crate) store: Store,
    _database: Database,
}

pub(crate) const PASSWORD: &str = "correct horse battery";

async fn open(store: Store, double: Arc<Double>) -> Arc<Catalog> {
    let clock = Arc::new(SystemClock);
    mcpbox_testing::add_admin(&store, "ada", PASSWORD, clock.now()).await;
    let config = CatalogConfig { store, executor: double, clock, admin_url: "http://127.0.0.1:3000".into() };
    Catalog::open(config).await.unwrap()
}

impl TestBox {
    pub(crate) async fn start() -> Self {
        Self::with(GatewayConfig::default()).await
    }

    /// A box without limits on the rate of calls, unless `config` sets some of its own.
    pub(crate) async fn with(mut config: GatewayConfig) -> Self {
        if config.rate_limits == RateLimits::default() {
            config.rate_limits = RateLimits::off();
        }
        let database = Database::of_this_run();
        let double = Arc::new(Double::default());
        let store = database.open(Keyring::generate().unwrap()).await.unwrap();
        let catalog = open(store.clone(), double.clone()).await;
        let reviewer =
            session::signed_in_from_password(&catalog, "ada", &PASSWORD.into(), None).await.unwrap().admin().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        if let Some(remote) = config.remote.as_mut().filter(|remote| remote.public_url.is_empty()) {
            remote.public_url = url.trim_end_matches("/mcp").to_owned();
        }
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn({
            let (catalog, shutdown) = (catalog.clone(), shutdown.clone());
            async move { mcpbox_gateway::serve(listener, catalog, config, shutdown).await.unwrap() }
        });
        Self { catalog, double, url, shutdown, serving: Some(serving), reviewer, store, _database: database }
    }

    pub(crate) fn author() -> Principal {
        Principal::Local { client: Some("test".into()) }
    }

    /// Makes a running server with one approved tool.
    pub(crate) async fn publish(&self, server: &str, tool: &str, code: &str) {
        let who = Self::author();
        let request = CreateServer { name: server.into(), description: String::new() };
        if let Err(error) = author::create_server(&self.catalog, &who, request).await {
            assert!(error.to_string().contains("conflict"), "{error}");
        }
        author::start_server(&self.catalog, &who, server).await.unwrap();
        let request =
            CreateTool { server: server.into(), name: tool.into(), python_code: code.into(), description: None };
        author::create_tool(&self.catalog, &who, request).await.unwrap();
        self.approve(&format!("{server}__{tool}")).await;
    }

    /// Asks for publication of a tool and approves it, as a human would.
    pub(crate) async fn approve(&self, tool: &str) {
        author::request_publish(&self.catalog, &Self::author(), tool, "").await.unwrap();
        self.approve_open(tool).await;
    }

    /// Changes settings, as a human would.
    pub(crate) async fn change_settings(&self, settings: Settings) {
        review::set_settings(&self.catalog, &self.reviewer, settings).await.unwrap();
    }

    /// Approves what was asked for, as a human would.
    pub(crate) async fn approve_open(&self, tool: &str) {
        let open = review::list(&self.catalog, Some(ReviewState::Open), PageRequest::default()).await.unwrap().items;
        let item = open.iter().find(|item| item.tool == tool).expect("the review is open");
        let needs = review::show(&self.catalog, item.id).await.unwrap().approval_needs;
        let approval = review::Approval {
            acknowledged: needs.acknowledge,
            tool_name: needs.tool_name,
            ..review::Approval::from("fine")
        };
        review::approve(&self.catalog, &self.reviewer, item.id, &item.content_hash, approval).await.unwrap();
    }
}

impl Drop for TestBox {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Fails the test when `work` takes longer than a test may.
pub(crate) async fn soon<W: Future>(work: W) -> W::Output {
    tokio::time::timeout(Duration::from_secs(10), work).await.expect("it did not happen in time")
}
