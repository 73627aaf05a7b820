//! In which line the code shows what it needs.

use std::collections::BTreeMap;

use mcpbox_analysis::Analysis;
use mcpbox_core::{capability::Capability, package::PackageRule};

/// In which line the code shows a need.
#[derive(Default)]
pub(crate) struct Lines(BTreeMap<Capability, u32>);

impl Lines {
    /// The line that shows a need.
    pub(crate) fn get(&self, needed: &Capability) -> Option<u32> {
        self.0.get(needed).copied()
    }

    /// The first line that shows a need for which this is enough.
    pub(crate) fn covered_by(&self, granted: &Capability) -> Option<u32> {
        self.0.iter().filter(|(needed, _)| granted.covers(needed)).map(|(_, line)| *line).min()
    }

    pub(crate) fn of(analysis: &Analysis) -> Self {
        let mut lines = BTreeMap::new();
        for capability in analysis.capabilities() {
            let line = match &capability {
                Capability::Module { name } => {
                    analysis.imports.iter().find(|import| import.module == *name).map(|import| import.line)
                }
                Capability::Host(rule) => analysis.hosts.iter().find(|host| host.rule == *rule).map(|host| host.line),
                Capability::Secret { key } => {
                    analysis.secrets.iter().find(|secret| secret.key == key.as_str()).map(|secret| secret.line)
                }
                Capability::Package(rule) => package_line(analysis, rule),
                Capability::Source(_) => None,
            };
            lines.extend(line.map(|line| (capability, line)));
        }
        Self(lines)
    }
}

fn package_line(analysis: &Analysis, package: &PackageRule) -> Option<u32> {
    let is_of = |module: &str| package.serves(&PackageRule::named(mcpbox_analysis::distribution(module)).name);
    analysis.imports.iter().find(|import| is_of(&import.module)).map(|import| import.line)
}
