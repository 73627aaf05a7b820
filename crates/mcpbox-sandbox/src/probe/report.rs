//! The lines of a report: wanted, got, why, fix.

use std::collections::BTreeMap;

use mcpbox_core::execute::SandboxTier;
use mcpbox_jail::{JailError, Layer, Layers, MINIMUM_ABI, landlock_abi};
use serde::Serialize;

use super::{PROBES, is_denied};
use crate::{
    config::SandboxConfig,
    error::{SandboxError, advice},
    python::find_python,
    tier::{Standing, Terms},
};

/// One layer, or one probe, as found.
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

/// The interpreter.
pub(super) fn python(config: &SandboxConfig) -> LayerReport {
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

/// Every layer: had, or missing with its error. Control groups are welcome but no tier stands on them, and tier 2 not on namespaces.
pub(super) fn layers(standing: &Standing) -> impl Iterator<Item = LayerReport> {
    // One of them missing takes both away.
    let for_tier_1 = |layer| matches!(layer, Layer::Namespaces | Layer::Root);
    let cause = move |layer: Layer| {
        let is_cause = |error: &&JailError| error.layer == layer || for_tier_1(layer) && for_tier_1(error.layer);
        standing.missing.iter().find(is_cause)
    };
    let is_tier_2 = standing.tier() == SandboxTier::NoNamespaces;
    Layer::OPTIONAL.into_iter().map(move |layer| {
        let (wanted, why) = meaning(layer);
        let error = cause(layer);
        let had = match layer {
            Layer::Landlock => format!("version {}", landlock_abi()),
            Layer::Cgroup => standing.cgroups.as_ref().map_or("not asked for", |cgroups| cgroups.name()).to_owned(),
            _ => "in place".to_owned(),
        };
        LayerReport {
            layer: layer.to_string(),
            wanted,
            ok: error.is_none(),
            mandatory: layer != Layer::Cgroup && !(for_tier_1(layer) && is_tier_2),
            why: why.into(),
            fix: error.map(|error| error.fix.clone()).unwrap_or_default(),
            got: error.map_or(had, |error| format!("{} failed: {}", error.step, error.reason)),
        }
    })
}

fn meaning(layer: Layer) -> (String, &'static str) {
    let (wanted, why) = match layer {
        Layer::Namespaces => (
            "pid, net, ipc, uts and cgroup namespaces of its own",
            "hides other processes and the network, and ends whatever a jail holds at once",
        ),
        Layer::Root => ("a read-only root of its own and a /tmp per call", "hides the files of the host"),
        Layer::Landlock => {
            let wanted = format!("interface version {MINIMUM_ABI} or newer");
            return (wanted, "keeps calls apart that run at the same time, and the files of the host out of reach");
        }
        Layer::Seccomp => {
            ("a filter of system calls", "closes the kernel's doors: processes, sockets, interfaces with a history")
        }
        Layer::Limits => {
            ("limits of memory, CPU time, files and descriptors", "keeps a call from using up the machine")
        }
        Layer::Capabilities => {
            ("a user other than root, without capabilities", "a right that is not held cannot be abused")
        }
        Layer::Cgroup => (
            "a control group of each call, limited in memory and threads",
            "holds shared memory and page tables too, which no other limit counts",
        ),
        Layer::Interpreter => ("a Python that starts", "tools are written in Python"),
    };
    (wanted.to_owned(), why)
}

/// The tier a start gets.
pub(super) fn tier(standing: &Standing) -> LayerReport {
    let tier = standing.tier();
    LayerReport {
        layer: "tier".into(),
        wanted: "tier 1, all layers".into(),
        got: standing.detail(),
        ok: tier == SandboxTier::Full,
        mandatory: tier == SandboxTier::None,
        why: "the fewer layers, the fewer mistakes in one of them it takes to get out".into(),
        fix: "See the layers that are missing".into(),
    }
}

/// There is no tier.
pub(super) fn refused(missing: &[JailError]) -> LayerReport {
    LayerReport {
        layer: "tier".into(),
        wanted: "tier 1, or tier 2 without namespaces".into(),
        got: "none: the server refuses to start".into(),
        ok: false,
        mandatory: true,
        why: "too little separates tools from the machine".into(),
        fix: format!("Mend the layers that are missing. {}", advice(missing, Terms::here(false).is_root)),
    }
}

/// Every probe that one of `layers` should stop.
pub(super) fn probes(answers: &BTreeMap<String, String>, layers: Layers) -> impl Iterator<Item = LayerReport> {
    PROBES.iter().filter(move |probe| probe.is_stopped_by(layers)).map(|probe| {
        let got = answers.get(probe.name).cloned().unwrap_or_else(|| "no answer".into());
        LayerReport {
            layer: probe.stoppers.iter().map(Layer::to_string).collect::<Vec<_>>().join(" or "),
            wanted: format!("{} refused", probe.name),
            ok: is_denied(&got),
            got,
            mandatory: true,
            why: format!("stops {}", probe.attack),
            fix: "This is a hole: do not run tools here, and report it with the version of the kernel".into(),
        }
    })
}

/// No jail starts at all, and not for want of a layer.
pub(super) fn broken(error: &SandboxError) -> LayerReport {
    LayerReport {
        layer: Layer::Interpreter.to_string(),
        wanted: "a jail that starts".into(),
        got: error.to_string(),
        ok: false,
        mandatory: true,
        why: "without it nothing separates tools from the machine".into(),
        fix: "With --log debug it says more".into(),
    }
}
