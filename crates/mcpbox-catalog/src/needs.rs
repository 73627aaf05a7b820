//! What a version needs, what it has, and what has to be asked for. Grants are the only source of what it has.

use std::net::IpAddr;

use mcpbox_core::{
    call::CallRecord,
    capability::{Capabilities, Capability, HostRule},
    execute::{HostAttempt, HostOutcome, Observed},
    failure::NextCall,
    grant::{Grant, GrantScope, GrantState},
    ids::{ToolId, VersionId},
    name::SecretKey,
    package::PackageRule,
    secret::Secret,
    server::{CodePolicy, Server},
};
use mcpbox_store::{Connection, StoreError, calls, grants, secrets};
use serde_json::json;

use crate::{
    author::{Need, NeedState},
    lines::Lines,
    next::next_call,
};

/// All grants that concern a tool, in any state, and the secrets of its server.
pub(crate) struct Standing {
    pub(crate) grants: Vec<Grant>,
    pub(crate) secrets: Vec<Secret>,
}

impl Standing {
    /// Reads where a tool stands.
    pub(crate) async fn read(connection: &impl Connection, server: &Server, tool: ToolId) -> Result<Self, StoreError> {
        let grants = grants::for_tool(connection, server.id, tool).await?;
        let secrets = secrets::list(connection, server.id).await?;
        Ok(Self { grants, secrets })
    }

    /// Grants in force.
    pub(crate) fn approved(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|grant| grant.state == GrantState::Approved)
    }

    /// Requests of this very tool that wait.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Grant> {
        self.grants
            .iter()
            .filter(|grant| grant.state == GrantState::Pending && matches!(grant.scope, GrantScope::Tool(_)))
    }

    /// Grants of this very tool whose time is over and that nothing in force makes up for.
    pub(crate) fn lapsed(&self) -> impl Iterator<Item = &Grant> {
        let of_tool = |grant: &&Grant| matches!(grant.scope, GrantScope::Tool(_));
        let over = self.grants.iter().filter(|grant| grant.state == GrantState::Expired).filter(of_tool);
        over.filter(|grant| !self.has(&grant.capability))
    }

    /// Whether a grant in force is enough for it.
    pub(crate) fn has(&self, needed: &Capability) -> bool {
        self.approved().any(|grant| grant.capability.covers(needed))
    }

    /// Where a need that is not granted stands: what was said last about it counts.
    fn state_of(&self, needed: &Capability) -> NeedState {
        let last = self.grants.iter().rev().find(|grant| grant.capability.covers(needed)).map(|grant| grant.state);
        match last {
            Some(GrantState::Pending) => NeedState::Pending,
            Some(GrantState::Rejected) => NeedState::Rejected,
            Some(GrantState::Expired) => NeedState::Expired,
            _ => NeedState::NotRequested,
        }
    }

    /// What of these capabilities is not granted, with the call that asks for each. `name` is `server__tool`.
    pub(crate) fn needs(&self, capabilities: &Capabilities, lines: &Lines, server: &Server, name: &str) -> Vec<Need> {
        let missing = capabilities.iter().filter(|needed| !self.has(needed));
        let hosts: Vec<String> = capabilities.iter().filter_map(written_host).collect();
        missing
            .map(|needed| Need {
                state: self.state_of(needed),
                line: lines.get(needed),
                request: self.request(needed, server, name, &hosts),
                capability: needed.clone(),
            })
            .collect()
    }

    fn request(&self, needed: &Capability, server: &Server, name: &str, hosts: &[String]) -> NextCall {
        match needed {
            Capability::Secret { key } if !self.secrets.iter().any(|secret| secret.key == *key) => next_call(
                "mcpbox_create_server_secret",
                json!({"server_id": server.name, "key": key, "description": format!("used by {name}"), "hosts": hosts}),
            ),
            _ => request_call(needed, name),
        }
    }

    /// Keys of these capabilities for which no human has set a value yet.
    pub(crate) fn secrets_without_value(&self, capabilities: &Capabilities) -> Vec<String> {
        let has_value = |key: &SecretKey| self.secrets.iter().any(|secret| secret.key == *key && secret.has_value);
        let keys = capabilities.iter().filter_map(|capability| match capability {
            Capability::Secret { key } if !has_value(key) => Some(key.as_str().to_owned()),
            _ => None,
        });
        keys.collect()
    }

    /// All that a bundle has to ask for: what the code needs, what was asked for one by one, what tests were refused.
    pub(crate) fn to_request(&self, capabilities: &Capabilities, evidence: &Capabilities) -> Capabilities {
        let asked = self.pending().map(|grant| &grant.capability);
        let wanted: Capabilities =
            capabilities.iter().chain(asked).chain(evidence).filter(|wanted| !self.has(wanted)).cloned().collect();
        let covered = |needed: &&Capability| !wanted.iter().any(|other| other != *needed && other.covers(needed));
        wanted.iter().filter(covered).cloned().collect()
    }
}

/// A host as an author writes it.
fn written_host(capability: &Capability) -> Option<String> {
    match capability {
        Capability::Host(rule) => Some(HostRule { method: None, ..rule.clone() }.to_string()),
        _ => None,
    }
}

/// The call that asks for a capability alone; a secret is asked for with the version that uses it.
pub(crate) fn request_call(needed: &Capability, name: &str) -> NextCall {
    let why = format!("{name} uses it");
    match needed {
        Capability::Module { name: module } => {
            next_call("mcpbox_request_module", json!({"tool_id": name, "module_name": module, "justification": why}))
        }
        Capability::Package(rule) => {
            let served = rule.provides.as_deref().unwrap_or(&rule.name);
            let module = mcpbox_analysis::known_module(served).unwrap_or(served);
            let mut arguments = json!({"tool_id": name, "module_name": module, "justification": why});
            if let Some(arguments) = arguments.as_object_mut().filter(|_| module != rule.requirement()) {
                arguments.insert("package".to_owned(), rule.requirement().into());
            }
            next_call("mcpbox_request_module", arguments)
        }
        Capability::Host(HostRule { host, port: None, .. }) => {
            next_call("mcpbox_request_network_access", json!({"tool_id": name, "host": host, "justification": why}))
        }
        Capability::Host(HostRule { host, port: Some(port), .. }) => next_call(
            "mcpbox_request_network_access",
            json!({"tool_id": name, "host": host, "port": port, "justification": why}),
        ),
        Capability::Secret { .. } | Capability::Source(_) => {
            next_call("mcpbox_request_publish", json!({"tool_id": name}))
        }
    }
}

/// What test runs of a version were refused.
pub(crate) async fn refused_in_tests(
    connection: &impl Connection,
    version: VersionId,
    policy: CodePolicy,
) -> Result<Capabilities, StoreError> {
    let runs: Vec<CallRecord> = calls::evidence_for_version(connection, version).await?;
    Ok(runs.iter().flat_map(|run| refused(&run.observed, policy)).collect())
}

/// What a run was refused and a human could grant.
pub(crate) fn refused(observed: &Observed, policy: CodePolicy) -> Capabilities {
    let hosts = observed.hosts.iter().filter_map(needed_host).map(Capability::Host);
    let modules = observed.denied_modules.iter().filter_map(|module| module_capability(module, policy));
    hosts.chain(modules).collect()
}

/// The rule a human could grant so that the attempt would be allowed; none when it was, or when no grant would help.
pub(crate) fn needed_host(attempt: &HostAttempt) -> Option<HostRule> {
    let is_denied = attempt.outcome == HostOutcome::Denied;
    attempt.needs.clone().filter(|rule| is_denied && !is_never_reachable(&rule.host))
}

/// Loopback, link-local (with the metadata services) and the like: egress refuses them whatever was granted.
pub(crate) fn is_never_reachable(host: &str) -> bool {
    let named = host == "localhost" || host.ends_with(".localhost") || host == "metadata.google.internal";
    named
        || match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V4(v4)) => {
                v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast()
            }
            Ok(IpAddr::V6(v6)) => {
                v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()
            }
            Err(_) => false,
        }
}

/// The capability that lets a module be imported; none for one that is never granted.
pub(crate) fn module_capability(module: &str, policy: CodePolicy) -> Option<Capability> {
    if mcpbox_analysis::is_stdlib(module) {
        let never = policy == CodePolicy::Strict && mcpbox_analysis::is_never(module);
        return (!never).then(|| Capability::Module { name: module.to_owned() });
    }
    Some(Capability::Package(PackageRule::named(mcpbox_analysis::distribution(module))))
}

#[cfg(test)]
mod tests {
    use mcpbox_core::{ids::GrantId, name::SecretKey, principal::Actor};
    use proptest::prelude::*;

    use super::*;

    fn capability() -> impl Strategy<Value = Capability> {
        let module = prop::sample::select(vec!["xml", "xml.dom", "xml.dom.minidom", "logging"]);
        let host = (
            prop::sample::select(vec!["a.example", "b.example"]),
            prop::option::of(prop::sample::select(vec![80, 443, 8080])),
        );
        prop_oneof![
            module.prop_map(|name| Capability::Module { name: name.to_owned() }),
            host.prop_map(|(host, port)| Capability::Host(HostRule { host: host.to_owned(), port, method: None })),
            prop::sample::select(vec!["A", "B"])
                .prop_map(|key| Capability::Secret { key: SecretKey::parse(key).unwrap() }),
        ]
    }

    fn grant(capability: Capability, state: GrantState) -> Grant {
        Grant {
            id: GrantId::generate(),
            capability,
            scope: GrantScope::Tool(ToolId::generate()),
            state,
            justification: String::new(),
            requested_by: Actor::system("test"),
            created_at: chrono::DateTime::UNIX_EPOCH,
            decided_by: None,
            decided_at: None,
            comment: String::new(),
            expires_at: None,
            review_id: None,
        }
    }

    fn capabilities() -> impl Strategy<Value = Capabilities> {
        prop::collection::btree_set(capability(), 0..6)
    }

    proptest! {
        #[test]
        fn a_bundle_asks_for_everything_that_is_missing_and_for_nothing_twice(
            used in capabilities(), refused in capabilities(), pending in capabilities(), approved in capabilities(),
        ) {
            let asked = pending.iter().map(|c| grant(c.clone(), GrantState::Pending));
            let granted = approved.iter().map(|c| grant(c.clone(), GrantState::Approved));
            let standing = Standing { grants: asked.chain(granted).collect(), secrets: Vec::new() };
            let bundle = standing.to_request(&used, &refused);
            for wanted in used.iter().chain(&refused).chain(&pending) {
                prop_assert!(approved.iter().chain(&bundle).any(|have| have.covers(wanted)), "{} is forgotten", wanted);
            }
            for asked in &bundle {
                prop_assert!(!approved.iter().any(|have| have.covers(asked)), "{} is granted already", asked);
                prop_assert!(!bundle.iter().any(|other| other != asked && other.covers(asked)), "{} is asked for twice", asked);
                prop_assert!(used.iter().chain(&refused).chain(&pending).any(|wanted| wanted == asked), "{} is invented", asked);
            }
        }
    }

    #[test]
    fn hosts_that_egress_never_reaches_are_not_asked_for() {
        for never in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "169.254.169.254",
            "::1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "224.0.0.1",
        ] {
            assert_eq!(needed_host(&refused_host(never)), None, "{never}");
        }
        for rule in ["10.0.0.7:8080", "[fd00::1]:81", "x.example", "nas.example:443"] {
            let attempt = refused_host(rule);
            assert_eq!(needed_host(&attempt).unwrap().to_string(), rule);
            assert_eq!(needed_host(&HostAttempt { outcome: HostOutcome::Reached, ..attempt }), None);
        }
    }

    fn refused_host(needs: &str) -> HostAttempt {
        let rule = HostRule::parse(needs).or_else(|_| HostRule::parse(&format!("[{needs}]"))).unwrap();
        HostAttempt {
            host: rule.host.clone(),
            port: rule.port.unwrap_or(443),
            method: "GET".into(),
            outcome: HostOutcome::Denied,
            detail: "not granted".into(),
            needs: Some(rule),
        }
    }
}
