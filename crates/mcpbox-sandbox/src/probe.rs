//! Probes that must fail: hostile Python run in a jail at every start and by `mcpbox doctor`. A layer counts as there when what it
//! forbids was really tried and refused, not when a setting says so.

use std::{collections::BTreeMap, sync::Arc};

use mcpbox_core::{
    execute::{Environment, Execution, Program, Unobserved},
    hash::ContentHash,
    ids::CallId,
    server::{CodePolicy, Limits},
};
use mcpbox_egress::{Broker, BrokerConfig, SessionGrants};
use mcpbox_jail::{Layer, Layers, MINIMUM_ABI, landlock_abi};
use serde::Serialize;
use serde_json::Map;
use tokio_util::task::TaskTracker;

use crate::{
    call::{Call, Finish},
    config::SandboxConfig,
    error::SandboxError,
    metrics::Metrics,
    pool::{Pool, PoolConfig},
    python::find_python,
    runtime::{Profile, Runtime},
    sandbox::Sandbox,
};

/// One layer, as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerReport {
    /// Which.
    pub layer: String,
    /// What should be.
    pub wanted: String,
    /// What is.
    pub got: String,
    /// Whether that is enough.
    pub ok: bool,
    /// Whether the sandbox refuses to start without it.
    pub mandatory: bool,
    /// Which attack it stops.
    pub why: String,
    /// What to do when it is missing.
    pub fix: String,
}

/// What hostile code is told to try: (probe, the layers each of which stops it, which attack).
const PROBES: [(&str, &[Layer], &str); 12] = [
    ("read_etc_passwd", &[Layer::Root, Layer::Landlock], "reading files of the host"),
    ("write_root", &[Layer::Root, Layer::Landlock], "leaving something on the host or for the next call"),
    ("list_proc", &[Layer::Root, Layer::Landlock], "looking at other processes"),
    ("pid", &[Layer::Namespaces], "seeing and signalling processes of the host"),
    ("network_devices", &[Layer::Root, Layer::Landlock], "learning about the network"),
    ("socket", &[Layer::Seccomp], "reaching the network or local services"),
    ("fork", &[Layer::Seccomp], "outliving the call, fork bombs"),
    ("exec", &[Layer::Seccomp, Layer::Landlock], "running other programs"),
    ("kill_zygote", &[Layer::Seccomp, Layer::Landlock], "disturbing other calls"),
    ("read_sibling", &[Layer::Seccomp, Layer::Landlock], "reading the memory of another call"),
    ("namespace", &[Layer::Seccomp], "gaining capabilities in a nested namespace"),
    ("unlimited", &[Layer::Limits], "using up the machine"),
];

/// The hostile program; answers `{probe: "denied: …" | "open: …"}`.
const HOSTILE: &str = include_str!("probe/hostile.py");

/// Fails unless every probe was refused that one of `layers` stops.
pub(crate) async fn must_hold(pool: &Arc<Pool>, layers: Layers) -> Result<(), SandboxError> {
    let answers = ask(pool).await?;
    let is_stopped = |stoppers: &[Layer]| stoppers.iter().any(|layer| layers.has(*layer));
    let open: Vec<String> = PROBES
        .iter()
        .filter(|(_, stoppers, _)| is_stopped(stoppers))
        .filter_map(|(name, ..)| match answers.get(*name) {
            Some(answer) if is_denied(answer) => None,
            Some(answer) => Some(format!("{name} ({answer})")),
            None => Some(format!("{name} (no answer)")),
        })
        .collect();
    if open.is_empty() { Ok(()) } else { Err(SandboxError::Leaks(open.join(", "))) }
}

fn is_denied(answer: &str) -> bool {
    answer.starts_with("denied")
}

async fn ask(pool: &Arc<Pool>) -> Result<BTreeMap<String, String>, SandboxError> {
    let (child, _running) = pool.take().await?;
    let execution = execution();
    let broker = Broker::new(BrokerConfig::default()).map_err(|error| SandboxError::Zygote(error.to_string()))?;
    let session =
        broker.session(SessionGrants { hosts: Arc::clone(&execution.hosts), secrets: Vec::new(), http_mocks: None });
    let call = Call { execution: &execution, session: &session, observer: &Unobserved, code: None };
    match call.run(child).await.finish {
        Finish::Returned(body) => {
            #[derive(serde::Deserialize)]
            struct Answers {
                value: BTreeMap<String, String>,
            }
            serde_json::from_slice::<Answers>(&body)
                .map(|answers| answers.value)
                .map_err(|error| SandboxError::Zygote(error.to_string()))
        }
        Finish::Unlocked(reason) => Err(SandboxError::Zygote(format!("a process could not be locked down: {reason}"))),
        other => Err(SandboxError::Zygote(format!("the probes did not finish: {other:?}"))),
    }
}

fn execution() -> Execution {
    let program = Program {
        source: HOSTILE.to_owned(),
        content_hash: ContentHash::of(&serde_json::Value::Null),
        policy: CodePolicy::Standard,
        modules: Default::default(),
        environment: Environment::Base,
        imports: Default::default(),
        uses_http: false,
    };
    Execution {
        call_id: CallId::generate(),
        program: Arc::new(program),
        arguments: Map::new(),
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits: Limits { timeout_ms: 10_000, ..Limits::default() },
    }
}

impl Sandbox {
    /// Tries every layer in a throw-away jail. Never fails: what is missing stands in the reports.
    pub async fn probe(config: &SandboxConfig) -> Vec<LayerReport> {
        let mut reports = vec![python_report(config), landlock_report()];
        let tasks = TaskTracker::new();
        let answers = match throw_away(config, &tasks).await {
            Ok(pool) => ask(&pool).await,
            Err(error) => Err(error),
        };
        match answers {
            Ok(answers) => reports.extend(PROBES.iter().map(|probe| probe_report(probe, &answers))),
            Err(error) => reports.push(broken_report(&error)),
        }
        tasks.close();
        reports
    }
}

async fn throw_away(config: &SandboxConfig, tasks: &TaskTracker) -> Result<Arc<Pool>, SandboxError> {
    let (data_dir, python) = (config.data_dir.clone(), config.python.clone());
    let prepared = tokio::task::spawn_blocking(move || {
        let python = find_python(python.as_deref())?;
        Runtime::prepare(&data_dir, &python, &|_| {})
    });
    let runtime = prepared.await.map_err(|error| SandboxError::Zygote(error.to_string()))??;
    let pool = PoolConfig {
        program: config.jail_program.clone(),
        max_parked: 0,
        recycle_after_calls: u64::MAX,
        recycle_after: config.recycle_after,
        metrics: Metrics::new().pool("probe"),
    };
    Ok(Pool::new(pool, runtime.jail(Profile::Lean, None, config.limits, config.layers_for_tests), tasks.clone()))
}

fn python_report(config: &SandboxConfig) -> LayerReport {
    let found = find_python(config.python.as_deref());
    LayerReport {
        layer: "python".into(),
        wanted: "3.11 or newer".into(),
        ok: found.is_ok(),
        mandatory: true,
        why: "tools are written in Python".into(),
        fix: found.as_ref().err().map(ToString::to_string).unwrap_or_default(),
        got: found.map_or_else(|_| "none".into(), |python| format!("{} ({})", python.version, python.path.display())),
    }
}

fn landlock_report() -> LayerReport {
    let abi = landlock_abi();
    LayerReport {
        layer: Layer::Landlock.to_string(),
        wanted: format!("interface version {MINIMUM_ABI} or newer"),
        got: format!("version {abi}"),
        ok: abi >= MINIMUM_ABI,
        mandatory: true,
        why: "keeps calls apart that run at the same time".into(),
        fix: "Use Linux 6.12 or newer, with 'landlock' in the kernel's lsm= parameter".into(),
    }
}

fn probe_report((name, stoppers, why): &(&str, &[Layer], &str), answers: &BTreeMap<String, String>) -> LayerReport {
    let got = answers.get(*name).cloned().unwrap_or_else(|| "no answer".into());
    LayerReport {
        layer: stoppers.iter().map(Layer::to_string).collect::<Vec<_>>().join("+"),
        wanted: format!("{name} refused"),
        ok: is_denied(&got),
        got,
        mandatory: true,
        why: format!("stops {why}"),
        fix: "This is a hole: do not run tools here, and report it with the version of the kernel".into(),
    }
}

fn broken_report(error: &SandboxError) -> LayerReport {
    let (layer, fix) = match error {
        SandboxError::Jail(jail) => (jail.layer.to_string(), jail.fix.clone()),
        _ => (Layer::Interpreter.to_string(), "The log says more".into()),
    };
    LayerReport {
        layer,
        wanted: "a jail that starts".into(),
        got: error.to_string(),
        ok: false,
        mandatory: true,
        why: "without it nothing separates tools from the machine".into(),
        fix,
    }
}
