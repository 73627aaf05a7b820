//! A box for one test: a catalog on SQLite in a directory of its own, and a gateway on a free port.

pub(crate) mod client;
pub(crate) mod double;

use std::{path::Path, sync::Arc, time::Duration};

use mcpbox_catalog::{
    Catalog, CatalogConfig, Reviewer,
    author::{self, CreateServer, CreateTool},
    review,
    session::{self, FirstAdmin, LoginOrigin, SetupProof},
};
use mcpbox_core::{
    clock::SystemClock, paging::PageRequest, principal::Principal, review::ReviewState, settings::Settings,
};
use mcpbox_gateway::{GatewayConfig, RateLimits};
use mcpbox_store::{Keyring, Location, Store};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::double::Double;

/// A box and its gateway.
pub(crate) struct TestBox {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) double: Arc<Double>,
    pub(crate) url: String,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: Option<JoinHandle<()>>,
    pub(crate) reviewer: Reviewer,
    _dir: TempDir,
}

/// A database with an admin who is logged in, made once: hashing a password is slow by design.
static TEMPLATE: OnceCell<(TempDir, SecretString)> = OnceCell::const_new();

async fn open(dir: &Path, double: Arc<Double>) -> Arc<Catalog> {
    let keyring = Keyring::load_or_create(&dir.join("key")).unwrap();
    let store = Store::open(&Location::Sqlite(dir.join("mcpbox.db")), keyring).await.unwrap();
    let config = CatalogConfig {
        store,
        executor: double,
        clock: Arc::new(SystemClock),
        admin_url: "http://127.0.0.1:3000".into(),
    };
    Catalog::open(config).await.unwrap()
}

async fn template() -> &'static (TempDir, SecretString) {
    TEMPLATE
        .get_or_init(|| async {
            let dir = TempDir::new().unwrap();
            let catalog = open(dir.path(), Arc::default()).await;
            let password: SecretString = "correct horse battery".into();
            let first = FirstAdmin { proof: SetupProof::Local, username: "ada".into(), password: password.clone() };
            session::create_first_admin(&catalog, first).await.unwrap();
            let token = session::login(&catalog, "ada", &password, LoginOrigin::default()).await.unwrap().token;
            catalog.close().await;
            (dir, token)
        })
        .await
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
        let (template, token) = template().await;
        let dir = TempDir::new().unwrap();
        for file in std::fs::read_dir(template.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
        }
        let double = Arc::new(Double::default());
        let catalog = open(dir.path(), double.clone()).await;
        let reviewer = session::reviewer_from_session(&catalog, token).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn({
            let (catalog, shutdown) = (catalog.clone(), shutdown.clone());
            async move { mcpbox_gateway::serve(listener, catalog, config, shutdown).await.unwrap() }
        });
        Self { catalog, double, url, shutdown, serving: Some(serving), reviewer, _dir: dir }
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
