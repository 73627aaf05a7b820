//! Which layers this machine can give, found by trying: a jail is started with all of them, and the first one that fails says which
//! is missing. Without namespaces an ordinary user gets tier 2; anything less refuses, unless `--insecure-no-sandbox` was given.

use std::sync::Arc;

use mcpbox_core::execute::SandboxTier;
use mcpbox_jail::{JailError, Layer, Layers};

use crate::{cgroup::Cgroups, error::SandboxError};

/// What stands between tools and the machine.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) layers: Layers,
    /// Why the others are missing.
    pub(crate) missing: Vec<JailError>,
    /// Probes that got through; only with `--insecure-no-sandbox`.
    pub(crate) open: Vec<String>,
    /// Which control groups hold calls besides.
    pub(crate) cgroups: Option<Arc<Cgroups>>,
    terms: Terms,
}

/// Control groups for calls. No tier stands on them; `Err(None)` where they are not even wanted.
pub(crate) fn cgroups(wanted: Layers) -> Result<Arc<Cgroups>, Option<JailError>> {
    if wanted.cgroup { Cgroups::find().map_err(Some) } else { Err(None) }
}

/// Who starts the sandbox, and what was agreed to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Started as root.
    pub(crate) is_root: bool,
    /// `--insecure-no-sandbox`.
    pub(crate) insecure: bool,
}

impl Terms {
    /// Those of this process.
    pub(crate) fn here(insecure: bool) -> Self {
        Self { is_root: rustix::process::geteuid().is_root(), insecure }
    }
}

/// Takes layers away until `try_with` succeeds, and none that `terms` do not allow to be missing. It answers with what it made and
/// the probes that got through.
///
/// # Errors
/// [`SandboxError::Refused`], [`SandboxError::Leaks`], or what `try_with` says that is not about a layer.
pub(crate) async fn find<T>(
    wanted: Layers,
    terms: Terms,
    try_with: impl AsyncFn(Layers) -> Result<(T, Vec<String>), SandboxError>,
) -> Result<(T, Standing), SandboxError> {
    let (mut layers, mut missing) = (wanted, Vec::new());
    loop {
        match try_with(layers).await {
            Ok((_, open)) if !open.is_empty() && !terms.insecure => return Err(SandboxError::Leaks(open.join(", "))),
            Ok((made, open)) => return Ok((made, Standing { layers, missing, open, cgroups: None, terms })),
            Err(SandboxError::Jail(error)) => {
                let rest = fewer(layers, &error, terms);
                missing.push(error);
                match rest {
                    Some(rest) => layers = rest,
                    None => return Err(SandboxError::Refused { missing, is_root: terms.is_root }),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// The layers to go on with after this error; none where that must not be.
fn fewer(layers: Layers, error: &JailError, terms: Terms) -> Option<Layers> {
    let is_out_of_reach = terms.is_root && !layers.root && error.reason.contains("Permission denied");
    let rest = match error.layer {
        // Only together do they make sense: tier 2 has neither.
        Layer::Namespaces | Layer::Root => layers.without(Layer::Namespaces).without(Layer::Root),
        // Without a root of its own, a jail that gave up being root may not reach the runtime in root's directory.
        Layer::Landlock | Layer::Interpreter if is_out_of_reach => layers.without(Layer::Capabilities),
        layer => layers.without(layer),
    };
    let is_tier_2 = apart_from_cgroup(rest) == Layers::NO_NAMESPACES && !terms.is_root;
    (rest != layers && (is_tier_2 || terms.insecure)).then_some(rest)
}

/// Tiers do not stand on control groups.
fn apart_from_cgroup(layers: Layers) -> Layers {
    Layers { cgroup: true, ..layers }
}

impl Standing {
    /// With what was found about control groups.
    pub(crate) fn with_cgroups(mut self, found: Result<Arc<Cgroups>, Option<JailError>>) -> Self {
        match found {
            Ok(cgroups) => self.cgroups = Some(cgroups),
            Err(error) => {
                self.layers = self.layers.without(Layer::Cgroup);
                self.missing.extend(error);
            }
        }
        self
    }

    /// The tier as the product shows it.
    pub(crate) fn tier(&self) -> SandboxTier {
        match apart_from_cgroup(self.layers) {
            _ if !self.open.is_empty() => SandboxTier::None,
            Layers::ALL => SandboxTier::Full,
            Layers::NO_NAMESPACES if !self.terms.is_root => SandboxTier::NoNamespaces,
            _ => SandboxTier::None,
        }
    }

    /// A sentence or two about it.
    pub(crate) fn detail(&self) -> String {
        let memory = match &self.cgroups {
            Some(cgroups) => format!("{} holds the memory of each call", cgroups.name()),
            None => "no control group holds the memory of a call, only rlimits do".into(),
        };
        match self.tier() {
            SandboxTier::Full => format!(
                "Tier 1: namespaces, a root of its own, Landlock, seccomp and limits hold; the probes at start were all refused; \
                 {memory}"
            ),
            SandboxTier::NoNamespaces => format!(
                "Tier 2, weaker: no namespaces, no root of its own, no /tmp; Landlock, seccomp and limits hold, and the probes at \
                 start were all refused; {memory}"
            ),
            SandboxTier::None => format!("INSECURE: tools run without {}; {memory}", self.lacking()),
        }
    }

    /// What an operator must be told loudly; nothing in tier 1.
    pub(crate) fn notice(&self) -> Option<String> {
        let causes = self.missing.iter().filter(|error| error.layer != Layer::Cgroup);
        let why: String = causes.map(|error| format!("\n  {error}")).collect();
        match self.tier() {
            SandboxTier::Full => None,
            SandboxTier::NoNamespaces => Some(format!(
                "The sandbox runs in tier 2: calls are held by Landlock, seccomp and limits alone, without namespaces. Tier 1 is \
                 missing because of:{why}"
            )),
            SandboxTier::None => Some(format!(
                "INSECURE: --insecure-no-sandbox was given, and tools run without {}. Whatever a tool does, it may do to this \
                 machine.{why}",
                self.lacking()
            )),
        }
    }

    fn lacking(&self) -> String {
        let layers = self.layers.missing().filter(|layer| *layer != Layer::Cgroup).map(|layer| layer.to_string());
        let open = self.open.iter().map(|probe| format!("protection from {probe}"));
        layers.chain(open).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Terms = Terms { is_root: false, insecure: false };
    const ROOT: Terms = Terms { is_root: true, insecure: false };

    fn error(layer: Layer) -> SandboxError {
        SandboxError::Jail(JailError { layer, step: "try".into(), reason: "no".into(), fix: "Fix it".into() })
    }

    /// A machine that lacks these layers.
    async fn on(lacking: &[Layer], terms: Terms) -> Result<Standing, SandboxError> {
        let start = async |layers: Layers| match lacking.iter().find(|layer| layers.has(**layer)) {
            Some(layer) => Err(error(*layer)),
            None => Ok(((), Vec::new())),
        };
        find(Layers::ALL, terms, start).await.map(|((), standing)| standing)
    }

    #[tokio::test]
    async fn tier_2_is_for_ordinary_users_and_everything_else_refuses() {
        use Layer::{Landlock, Limits, Namespaces, Root, Seccomp};
        let full = on(&[], ROOT).await.unwrap();
        assert!(full.tier() == SandboxTier::Full && full.notice().is_none());
        for lacking in [&[Namespaces][..], &[Root], &[Namespaces, Root]] {
            let standing = on(lacking, USER).await.unwrap();
            assert_eq!(standing.tier(), SandboxTier::NoNamespaces, "{lacking:?}");
            assert!(standing.notice().unwrap().contains("Fix it"));
        }
        for (lacking, terms) in [
            (&[Namespaces][..], ROOT),
            (&[Landlock], USER),
            (&[Seccomp], USER),
            (&[Limits], USER),
            (&[Namespaces, Landlock], USER),
        ] {
            let refusal = on(lacking, terms).await.unwrap_err().to_string();
            assert!(refusal.starts_with("The sandbox refuses to start: "), "{refusal}");
            let named = lacking.iter().all(|layer| refusal.contains(&layer.to_string()));
            assert!(named && refusal.contains("--insecure-no-sandbox"), "{refusal}");
        }
    }

    #[tokio::test]
    async fn whoever_agrees_to_it_runs_with_what_there_is_and_is_told() {
        let worlds =
            [&[Layer::Namespaces][..], &[Layer::Landlock], &[Layer::Namespaces, Layer::Landlock, Layer::Seccomp]];
        for lacking in worlds {
            let standing = on(lacking, Terms { insecure: true, ..ROOT }).await.unwrap();
            assert_eq!(standing.tier(), SandboxTier::None);
            assert!(standing.layers.limits);
            for layer in lacking {
                assert!(standing.detail().contains(&layer.to_string()), "{}", standing.detail());
            }
        }
    }

    #[tokio::test]
    async fn a_probe_that_gets_through_is_never_a_tier() {
        let leak = async |_: Layers| Ok(((), vec!["socket".to_owned()]));
        assert!(matches!(find(Layers::ALL, USER, leak).await, Err(SandboxError::Leaks(open)) if open == "socket"));
        let ((), standing) = find(Layers::ALL, Terms { insecure: true, ..USER }, leak).await.unwrap();
        assert!(standing.tier() == SandboxTier::None && standing.detail().contains("socket"));
    }
}
