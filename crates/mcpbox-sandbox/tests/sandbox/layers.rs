//! Jails with fewer layers: calls still run, and what is missing is really missing.

use crate::support::{config, sandbox_with, standard, strict};
use mcpbox_sandbox::{Layer, Layers, SandboxConfig};
use serde_json::json;

fn with(layers: Layers) -> SandboxConfig {
    SandboxConfig { layers_for_tests: layers, install_base: false, ..config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_run_with_any_one_layer_missing() {
    let one_less = Layer::OPTIONAL.into_iter().map(|layer| Layers::ALL.without(layer));
    for layers in one_less.chain([Layers::NO_NAMESPACES]) {
        let sandbox = sandbox_with(with(layers)).await;
        let value = strict("async def main():\n    return 1\n").value(&sandbox).await;
        assert_eq!(value, json!(1), "{layers:?}");
        sandbox.shutdown(std::time::Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_layer_is_really_missing() {
    let cases = [
        (Layers::ALL.without(Layer::Seccomp), "__import__('socket').socket().close()"),
        (Layers::ALL.without(Layer::Root).without(Layer::Landlock), "open('/etc/passwd').close()"),
        (Layers::ALL.without(Layer::Limits), "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))"),
        (Layers::ALL.without(Layer::Namespaces), "os.getpid() > 300 or os.abort()"),
        (Layers::ALL.without(Layer::Capabilities).without(Layer::Seccomp), "os.setgroups([])"),
    ];
    for (layers, act) in cases {
        let source = format!("import os, resource\ndef main():\n    {act}\n    return 'worked'\n");
        let sandbox = sandbox_with(with(layers)).await;
        assert_eq!(standard(&source).value(&sandbox).await, json!("worked"), "{act}");
        sandbox.shutdown(std::time::Duration::from_secs(1)).await;
        let whole = sandbox_with(with(Layers::ALL)).await;
        standard(&source).failure(&whole).await;
        whole.shutdown(std::time::Duration::from_secs(1)).await;
    }
}
