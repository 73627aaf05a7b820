//! Control groups, where this machine has any for us: what they hold that nothing else does, and that none is left behind.

use std::{fs, path::Path, time::Duration};

use crate::support::{Run, config, sandbox_with, standard, strict};
use mcpbox_core::{execute::Executor, failure::FailureKind};
use mcpbox_sandbox::{Layer, Layers, Sandbox, SandboxConfig};
use serde_json::json;

const SHARED_MEMORY_BOMB: &str = "import mmap\ndef main():\n    area = mmap.mmap(-1, 300 << 20)\n    for at in range(0, 300 << 20, 4096): area[at] = 1\n    return 'survived'\n";
const THREAD_BOMB: &str = "import threading, time\nthreading.stack_size(1 << 16)\ndef main():\n    n = 0\n    try:\n        while n < 280:\n            threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); n += 1\n    except RuntimeError:\n        pass\n    return n\n";

fn config_with(layers: Layers) -> SandboxConfig {
    SandboxConfig { layers_for_tests: layers, install_base: false, ..config() }
}

fn small(source: &str) -> Run {
    standard(source).limits(|limits| limits.memory_bytes = 64 << 20)
}

fn has_groups(sandbox: &Sandbox) -> bool {
    let detail = sandbox.status().detail;
    let has = detail.contains("cgroup v1 holds") || detail.contains("cgroup v2 holds");
    assert!(has || detail.contains("no control group"), "{detail}");
    has
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_that_rlimits_miss_are_held_by_the_group() {
    let sandbox = sandbox_with(config_with(Layers::ALL)).await;
    if has_groups(&sandbox) {
        for _ in 0..2 {
            let message = small(SHARED_MEMORY_BOMB).fails_as(&sandbox, FailureKind::Memory).await;
            assert!(message.contains("64 MiB"), "{message}");
            let threads = standard(THREAD_BOMB).value(&sandbox).await.as_u64().unwrap();
            assert!((200..256).contains(&threads), "{threads}");
            assert_eq!(strict("async def main():\n    return 1\n").value(&sandbox).await, json!(1));
        }
        // A call that may use more gets it, in a leaf that was used before.
        assert_eq!(standard(SHARED_MEMORY_BOMB).value(&sandbox).await, json!("survived"));
    }
    sandbox.shutdown(Duration::from_secs(1)).await;
    let without = sandbox_with(config_with(Layers::ALL.without(Layer::Cgroup))).await;
    assert!(!has_groups(&without));
    assert_eq!(small(SHARED_MEMORY_BOMB).value(&without).await, json!("survived"), "it is the group that stops it");
    assert_eq!(standard(THREAD_BOMB).value(&without).await, json!(280));
    without.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_group_outlives_its_sandbox() {
    let sandbox = sandbox_with(config_with(Layers::ALL)).await;
    let groups = sandbox.control_groups();
    assert_eq!((!groups.is_empty(), groups.iter().all(|group| group.is_dir())), (has_groups(&sandbox), true));
    let parent = groups.first().and_then(|group| group.parent()).map(Path::to_owned);
    for _ in 0..20 {
        strict("async def main():\n    return 1\n").value(&sandbox).await;
    }
    let is_leaf = |entry: &fs::DirEntry| entry.path().is_dir();
    let leaves: usize = groups.iter().map(|group| fs::read_dir(group).unwrap().flatten().filter(is_leaf).count()).sum();
    assert!(leaves <= 2 * 2 * 20, "{leaves} leaves");
    // A supervisor that was killed leaves groups; the next start takes them away.
    if let Some(parent) = &parent {
        fs::create_dir_all(parent.join("mcpbox-4194305-0/call-0")).unwrap();
    }
    sandbox.shutdown(Duration::from_secs(1)).await;
    assert!(!groups.iter().any(|group| group.exists()), "{groups:?}");
    let next = sandbox_with(config_with(Layers::ALL)).await;
    next.shutdown(Duration::from_secs(1)).await;
    assert!(parent.is_none_or(|parent| !parent.join("mcpbox-4194305-0").exists()));
}
