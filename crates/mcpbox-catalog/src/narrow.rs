//! A host granted for one method is enough for code that shows only that method: the grant holds it to that when it runs.

use mcpbox_analysis::Analysis;
use mcpbox_core::capability::{Capabilities, Capability, HostRule};

use crate::needs::Standing;

/// What of `needed` has to be looked for among grants as it is; hosts whose every use is granted with its method are left out.
pub(crate) fn without_granted_methods(needed: &Capabilities, analysis: &Analysis, standing: &Standing) -> Capabilities {
    let is_granted = |rule: &HostRule| {
        let mut uses = analysis.hosts.iter().filter(|used| used.rule == *rule).peekable();
        let has_method = |method: &String| {
            standing.has(&Capability::Host(HostRule { method: Some(method.clone()), ..rule.clone() }))
        };
        uses.peek().is_some() && uses.all(|used| used.method.as_ref().is_some_and(has_method))
    };
    let is_left = |capability: &&Capability| !matches!(capability, Capability::Host(rule) if is_granted(rule));
    needed.iter().filter(is_left).cloned().collect()
}
