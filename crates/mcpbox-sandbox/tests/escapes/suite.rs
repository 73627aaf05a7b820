//! Runs programs and judges from outside whether one got through.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use mcpbox_analysis::{ImportStatus, analyze, default_modules};
use mcpbox_core::{
    execute::{Environment, Execution, Executor, Observer, Outcome, Program, Unobserved},
    failure::Failure,
    hash::ContentHash,
    ids::CallId,
    server::{CodePolicy, Limits},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Layer, Layers, Sandbox, SandboxConfig};
use serde_json::{Map, Value, json};

use crate::{
    folder::folder,
    program::{self, Escape},
    world::{Heard, World},
};

/// Programs at once.
const AT_ONCE: usize = 6;

/// How one program ended.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) escape: Escape,
    pub(crate) policy: CodePolicy,
    /// What it got, when it got through.
    pub(crate) through: Option<String>,
    /// How it was told to have failed, kind first.
    pub(crate) failure: Option<String>,
}

/// One sandbox, and what surrounds it.
pub(crate) struct Suite {
    pub(crate) world: World,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) victim: Arc<Heard>,
    victim_facts: Value,
    victim_call: tokio::task::JoinHandle<Outcome>,
    data: PathBuf,
    /// For programs that do not wait for the time limit on purpose.
    timeout_ms: u64,
}

/// The configuration of the sandboxes here.
pub(crate) fn config(layers: Layers) -> SandboxConfig {
    let (data_dir, jail_program) = match std::env::var_os("MCPBOX_TEST_USER_FOLDER").map(PathBuf::from) {
        Some(folder) => (folder.join("data"), folder.join("jail")),
        None => (
            // Where a layer is missing, programs may write to the runtime: not the one that other tests use.
            folder(if layers == Layers::ALL { "data" } else { "open" }),
            PathBuf::from(env!("CARGO_BIN_EXE_mcpbox-jail-entry")),
        ),
    };
    SandboxConfig {
        data_dir,
        python: std::env::var_os("MCPBOX_TEST_PYTHON").map(PathBuf::from),
        jail_program,
        install_base: false,
        layers_for_tests: layers,
        // With fewer layers the probes at start get through, which is what these tests are about.
        insecure_no_sandbox: true,
        ..SandboxConfig::default()
    }
}

/// A sandbox of these layers.
pub(crate) async fn sandbox(layers: Layers) -> Arc<Sandbox> {
    sandbox_with(config(layers)).await
}

/// A sandbox set up like this.
pub(crate) async fn sandbox_with(config: SandboxConfig) -> Arc<Sandbox> {
    let broker = Broker::new(BrokerConfig::default()).unwrap();
    Sandbox::start(config, broker, |line| eprintln!("{line}")).await.unwrap()
}

/// A run of this source. Limits are small, so that bombs can be.
pub(crate) fn execution(source: &str, policy: CodePolicy, arguments: Map<String, Value>) -> Execution {
    let analysis = analyze(source, policy);
    let program = Program {
        source: source.to_owned(),
        content_hash: ContentHash::of(&Value::from(source)),
        policy,
        modules: default_modules().iter().map(|name| (*name).to_owned()).collect(),
        environment: Environment::Base,
        imports: analysis.imports.iter().map(|import| import.module.clone()).collect(),
        uses_http: analysis.uses_http,
    };
    let limits = Limits { timeout_ms: 90_000, cpu_ms: 1000, memory_bytes: 96 << 20, ..Limits::default() };
    Execution {
        call_id: CallId::generate(),
        entry: Default::default(),
        program: Arc::new(program),
        arguments,
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits,
    }
}

impl Suite {
    pub(crate) async fn start(layers: Layers) -> Self {
        let sandbox = sandbox(layers).await;
        // Insecure on purpose, so it would also do with less.
        let without_cgroup = |layers: Layers| layers.without(Layer::Cgroup);
        assert_eq!(without_cgroup(sandbox.layers()), without_cgroup(layers), "{}", sandbox.status().detail);
        let mut world = World::new();
        let secret = format!("sibling-{}", world.secrets[2].chars().rev().collect::<String>());
        let victim = Arc::new(Heard::default());
        let mut call = execution(&program::read("victim.py"), CodePolicy::Standard, Map::new());
        call.arguments.insert("secret".into(), json!(secret));
        (call.limits.timeout_ms, call.limits.cpu_ms) = (600_000, 600_000);
        world.secrets.push(secret);
        let (runs, hears) = (Arc::clone(&sandbox), Arc::clone(&victim));
        let victim_call = tokio::spawn(async move { runs.execute(call, hears as Arc<dyn Observer>).await });
        let victim_facts = victim.first().await;
        // Whole jails end every program by a limit of its own; without limits some only stop here.
        let timeout_ms = if layers.limits { 90_000 } else { 10_000 };
        Self { world, data: config(layers).data_dir, timeout_ms, sandbox, victim, victim_facts, victim_call }
    }

    /// Runs every program under every policy.
    pub(crate) async fn run(&self, programs: &[Escape], policies: &[CodePolicy]) -> Vec<Verdict> {
        let mut all: Vec<(&Escape, CodePolicy)> =
            policies.iter().flat_map(|policy| programs.iter().map(|program| (program, *policy))).collect();
        // Those that wait for a time limit first, so that the others fill the gaps.
        all.sort_by_key(|(program, _)| !program.waits());
        stream::iter(all).map(|(program, policy)| self.judge(program, policy)).buffer_unordered(AT_ONCE).collect().await
    }

    async fn judge(&self, escape: &Escape, policy: CodePolicy) -> Verdict {
        let label = format!("{}-{}", escape.name, if policy == CodePolicy::Strict { "strict" } else { "standard" });
        let arguments = self.world.arguments(&label, &self.victim_facts, &self.data);
        let heard = Arc::new(Heard::default());
        let outcome = self.attempt(escape, policy, arguments, &heard).await;
        let told = format!("{:?}\n{}\n{}", outcome.result, outcome.stdout, heard.text());
        let leak = self.world.secrets.iter().find(|secret| told.contains(secret.as_str()));
        let (mut through, failure) = match &outcome.result {
            Ok(output) if escape.harmless() == Some(&output.value) => (None, None),
            Ok(output) => (Some(format!("returned {:.300}", output.value.to_string())), None),
            Err(failure) => (None, Some(failure.to_string())),
        };
        if let Some(secret) = leak {
            through = Some(format!("learned {secret}"));
        }
        if outcome.stdout.contains("ESCAPED") {
            through = Some("became another program".into());
        }
        if let Some(damage) = self.world.damage(&label) {
            through = Some(damage);
        }
        Verdict { escape: escape.clone(), policy, through, failure }
    }

    /// One run. A machine that is too busy to fork in time says that nothing ran; then once more.
    async fn attempt(
        &self,
        escape: &Escape,
        policy: CodePolicy,
        arguments: Map<String, Value>,
        heard: &Arc<Heard>,
    ) -> Outcome {
        let mut left = 5;
        loop {
            let mut execution = execution(&escape.source, policy, arguments.clone());
            execution.limits.timeout_ms = self.timeout_ms;
            if escape.waits() {
                (execution.limits.timeout_ms, execution.limits.cpu_ms) = (1500, 60_000);
            } else if !escape.is_expected("cpu") {
                // What another limit must end, that of the processor must not end first, however slow the machine is.
                execution.limits.cpu_ms = 5_000;
            }
            let outcome = self.sandbox.execute(execution, Arc::clone(heard) as Arc<dyn Observer>).await;
            left -= 1;
            let is_busy = |failure: &Failure| failure.message.contains("cannot start a process");
            if left == 0 || !outcome.result.as_ref().is_err_and(is_busy) {
                return outcome;
            }
        }
    }

    /// Whether victim, canary and sandbox are as before; ends all of it.
    pub(crate) async fn end(mut self) -> Vec<String> {
        let mut wrong = self.world.touches();
        wrong.extend(self.victim.touches().into_iter().map(|touch| format!("the sibling got {touch}")));
        let said = self.victim.count();
        if !self.victim.until(said).await {
            wrong.push("the sibling does not live any more".into());
        }
        for number in 0..20 {
            let next = execution(
                "async def main(n: int):\n    return n\n",
                CodePolicy::Strict,
                Map::from_iter([("n".into(), json!(number))]),
            );
            let outcome = self.sandbox.execute(next, Arc::new(Unobserved)).await;
            if outcome.result.as_ref().ok().map(|output| &output.value) != Some(&json!(number)) {
                wrong.push(format!("the next call ended in {:?}", outcome.result));
            }
        }
        self.victim_call.abort();
        let _ = self.victim_call.await;
        self.sandbox.shutdown(Duration::from_secs(2)).await;
        wrong
    }
}

/// Whether the analysis refuses the source, or asks for a grant, under the strict policy; where.
pub(crate) fn refused_before_it_runs(source: &str) -> Option<u32> {
    let analysis = analyze(source, CodePolicy::Strict);
    let finding = analysis.findings.iter().find(|finding| finding.severity == mcpbox_analysis::Severity::Error);
    let import = analysis.imports.iter().find(|import| import.status != ImportStatus::Allowed);
    finding.map(|finding| finding.line).or(import.map(|import| import.line))
}
