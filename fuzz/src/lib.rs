//! A catalog for the targets that go through one.

use std::sync::{Arc, LazyLock};

use mcpbox_catalog::{Catalog, CatalogConfig};
use mcpbox_core::{
    clock::SystemClock,
    execute::{BoxFuture, Execution, Executor, Observed, Observer, Outcome, SandboxStatus, SandboxTier, ToolOutput},
};
use mcpbox_store::{Keyring, Location, Store};

struct Nothing;

impl Executor for Nothing {
    fn execute<'a>(&'a self, _: Execution, _: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        let output = ToolOutput { value: serde_json::Value::Null, content: Vec::new() };
        Box::pin(async { Outcome { result: Ok(output), stdout: String::new(), observed: Observed::default() } })
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: SandboxTier::Full,
            detail: String::new(),
            python: String::new(),
            parked: 0,
            running: 0,
            queued: 0,
            base_ready: true,
        }
    }
}

/// Where they run.
pub static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
/// Its store.
pub static STORE: LazyLock<Store> = LazyLock::new(|| {
    let location = Location::Sqlite(tempfile::tempdir().unwrap().keep().join("mcpbox.db"));
    RUNTIME.block_on(Store::open(&location, Keyring::generate().unwrap())).unwrap()
});
/// An empty catalog, whose tools all return null.
pub static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
    let config = CatalogConfig {
        store: STORE.clone(),
        executor: Arc::new(Nothing),
        clock: Arc::new(SystemClock),
        admin_url: String::new(),
    };
    RUNTIME.block_on(Catalog::open(config)).unwrap()
});
