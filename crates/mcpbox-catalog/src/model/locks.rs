//! Which packages live tools may need.

use std::collections::BTreeSet;

use mcpbox_core::{execute::Environment, grant::GrantState, hash::ContentHash};

use super::Model;
use crate::allowed::Allowed;

impl Model {
    /// The locks of all live versions, also of those that nobody can call now: their tool disabled, their server stopped, a grant
    /// over that can be renewed.
    pub(crate) fn locks(&self) -> BTreeSet<ContentHash> {
        let mut locks = BTreeSet::new();
        for tool in self.tools.values() {
            let Some(Ok(live)) = tool.live_version.and_then(|id| self.compiled.get(&id)) else { continue };
            let grants = || self.grants_for(tool.server_id, tool.id);
            let in_force = grants().filter(|grant| grant.state == GrantState::Approved);
            for allowed in [Allowed::from_grants(in_force), Allowed::from_grants(grants())] {
                let environment = allowed.packages.environment(live, &self.resolutions, tool.name.as_str());
                if let Ok(Environment::Locked(environment)) = environment {
                    locks.insert(environment.lock);
                }
            }
        }
        locks
    }
}
