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
use mcpbox_jail::{Layer, Layers};
use serde_json::Map;

use crate::{
    call::{Call, Finish},
    error::SandboxError,
    pool::Pool,
};

mod doctor;
mod report;

pub use report::LayerReport;

/// Something hostile code is told to try.
struct Probe {
    name: &'static str,
    /// Each of these alone stops it.
    stoppers: &'static [Layer],
    /// Which attack it stands for.
    attack: &'static str,
}

const fn probe(name: &'static str, stoppers: &'static [Layer], attack: &'static str) -> Probe {
    Probe { name, stoppers, attack }
}

/// All of them, as `probe/hostile.py` has them.
const PROBES: [Probe; 16] = [
    probe("read_etc_passwd", &[Layer::Root, Layer::Landlock], "reading files of the host"),
    probe("read_environment", &[Layer::Root, Layer::Landlock], "reading the secrets of other programs in /proc"),
    probe("write_root", &[Layer::Root, Layer::Landlock], "leaving something on the host or for the next call"),
    probe("list_proc", &[Layer::Root, Layer::Landlock], "looking at other processes"),
    probe("pid", &[Layer::Namespaces], "seeing and signalling processes of the host"),
    probe("network_devices", &[Layer::Root, Layer::Landlock], "learning about the network"),
    probe("socket", &[Layer::Seccomp], "reaching the network or local services"),
    probe("fork", &[Layer::Seccomp], "outliving the call, fork bombs"),
    probe("exec", &[Layer::Seccomp, Layer::Landlock], "running other programs"),
    probe("kill_zygote", &[Layer::Seccomp, Layer::Landlock], "ending all calls"),
    probe("kill_sibling", &[Layer::Seccomp, Layer::Landlock], "ending another call"),
    probe("trace_sibling", &[Layer::Seccomp, Layer::Landlock], "taking over another call"),
    probe("read_sibling", &[Layer::Seccomp, Layer::Landlock], "reading the memory of another call"),
    probe("namespace", &[Layer::Seccomp], "gaining capabilities in a nested namespace"),
    probe("capabilities", &[Layer::Capabilities, Layer::Seccomp], "using rights that the sandbox needed to start"),
    probe("unlimited", &[Layer::Limits], "using up the machine"),
];

/// The hostile program; answers `{probe: "denied: …" | "open: …"}`.
const HOSTILE: &str = include_str!("probe/hostile.py");

impl Probe {
    fn is_stopped_by(&self, layers: Layers) -> bool {
        self.stoppers.iter().any(|layer| layers.has(*layer))
    }
}

/// What hostile code could do although one of `layers` should stop it. Empty is as it must be.
///
/// # Errors
/// [`SandboxError::Jail`] when a layer cannot be had, others when no Python runs at all.
pub(crate) async fn got_through(pool: &Arc<Pool>, layers: Layers) -> Result<Vec<String>, SandboxError> {
    let answers = ask(pool, layers).await?;
    let open =
        PROBES.iter().filter(|probe| probe.is_stopped_by(layers)).filter_map(|probe| match answers.get(probe.name) {
            Some(answer) if is_denied(answer) => None,
            Some(answer) => Some(format!("{} ({answer})", probe.name)),
            None => Some(format!("{} (no answer)", probe.name)),
        });
    Ok(open.collect())
}

fn is_denied(answer: &str) -> bool {
    answer.starts_with("denied")
}

/// Probes that take the place of the hostile program when they succeed: not tried where nothing is there to refuse them.
const REPLACING: [&str; 1] = ["exec"];

/// Lets the hostile program run beside another process, its victim.
async fn ask(pool: &Arc<Pool>, layers: Layers) -> Result<BTreeMap<String, String>, SandboxError> {
    let (victim, _waiting) = pool.take().await?;
    let (child, _running) = pool.take().await?;
    let untried = PROBES.iter().filter(|probe| REPLACING.contains(&probe.name) && !probe.is_stopped_by(layers));
    let execution = execution(victim.pid(), untried.map(|probe| probe.name).collect());
    let broker = Broker::new(BrokerConfig::default()).map_err(|error| SandboxError::Zygote(error.to_string()))?;
    let grants = SessionGrants { hosts: Arc::clone(&execution.hosts), secrets: Vec::new(), http_mocks: None };
    let session = Arc::new(broker.session(grants));
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

fn execution(victim: u32, untried: Vec<&str>) -> Execution {
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
        entry: Default::default(),
        arguments: Map::from_iter([("sibling".to_owned(), victim.into()), ("untried".to_owned(), untried.into())]),
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits: Limits { timeout_ms: 10_000, ..Limits::default() },
    }
}
