//! Which layers stand. One mechanism for three cases: all of them (tier 1), those that need no namespaces (tier 2), and fewer: in
//! tests that show what each layer stops, and under `--insecure-no-sandbox`. Nothing that a tool or its environment says
//! gets here.

use serde::{Deserialize, Serialize};

use crate::error::Layer;

/// A set of layers. All, unless somebody takes one out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layers {
    /// Pid, net, ipc, uts and cgroup namespaces (and a user namespace, where that gives the right to make them).
    pub namespaces: bool,
    /// A root of its own and a `/tmp` per call, in mount namespaces.
    pub root: bool,
    /// The Landlock domain of each call.
    pub landlock: bool,
    /// The system call filter of each call.
    pub seccomp: bool,
    /// Resource limits.
    pub limits: bool,
    /// Another user than root, and no capabilities.
    pub capabilities: bool,
    /// A control group of each call, where there may be one. Every tier can do without.
    pub cgroup: bool,
}

impl Layers {
    /// Tier 1.
    pub const ALL: Self = Self {
        namespaces: true,
        root: true,
        landlock: true,
        seccomp: true,
        limits: true,
        capabilities: true,
        cgroup: true,
    };
    /// Tier 2: what an ordinary process can do to itself.
    pub const NO_NAMESPACES: Self = Self { namespaces: false, root: false, ..Self::ALL };

    /// Whether `layer` is among them.
    pub fn has(mut self, layer: Layer) -> bool {
        self.field(layer).is_none_or(|is_on| *is_on)
    }

    /// These but for `layer`.
    #[must_use]
    pub fn without(mut self, layer: Layer) -> Self {
        if let Some(is_on) = self.field(layer) {
            *is_on = false;
        }
        self
    }

    /// Those that are not among them.
    pub fn missing(self) -> impl Iterator<Item = Layer> {
        Layer::OPTIONAL.into_iter().filter(move |layer| !self.has(*layer))
    }

    fn field(&mut self, layer: Layer) -> Option<&mut bool> {
        Some(match layer {
            Layer::Namespaces => &mut self.namespaces,
            Layer::Root => &mut self.root,
            Layer::Landlock => &mut self.landlock,
            Layer::Seccomp => &mut self.seccomp,
            Layer::Limits => &mut self.limits,
            Layer::Capabilities => &mut self.capabilities,
            Layer::Cgroup => &mut self.cgroup,
            Layer::Interpreter => return None,
        })
    }
}

impl Default for Layers {
    fn default() -> Self {
        Self::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_can_be_taken_out_and_none_is_by_default() {
        assert_eq!(serde_json::from_str::<Layers>("{}").unwrap(), Layers::ALL);
        assert_eq!(Layers::ALL.missing().count(), 0);
        for layer in Layer::OPTIONAL {
            let rest = Layers::ALL.without(layer);
            assert_eq!(rest.missing().collect::<Vec<_>>(), [layer]);
            let sent = serde_json::to_string(&rest).unwrap();
            assert_eq!(serde_json::from_str::<Layers>(&sent).unwrap(), rest);
        }
        assert_eq!(Layers::NO_NAMESPACES.missing().collect::<Vec<_>>(), [Layer::Namespaces, Layer::Root]);
    }
}
