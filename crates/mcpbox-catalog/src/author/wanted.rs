//! What a request for a module, a package or a host comes to: a grant that a human must give, or nothing to ask.

use mcpbox_core::{
    capability::{Capability, HostRule},
    failure::{Failure, FailureKind},
    package::PackageRule,
    server::CodePolicy,
};
use serde_json::json;

use crate::{
    CatalogError, nearest,
    needs::{is_never_reachable, module_capability},
};

/// Longest module name.
const MODULE_MAX_BYTES: usize = 100;

/// What asking for something comes to.
pub(crate) enum Wanted {
    /// A human must grant it.
    Grant(Capability),
    /// Every tool has it.
    Given(Capability),
}

pub(super) fn checked_module(name: &str) -> Result<&str, CatalogError> {
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = !name.is_empty()
        && name.len() <= MODULE_MAX_BYTES
        && name.chars().all(is_name)
        && !name.starts_with(['.', '-']);
    if fits && !name.ends_with('.') && !name.contains("..") {
        return Ok(name);
    }
    let message = format!("'{}' is no module or package name", nearest::shown(name));
    let hint = match name.contains(['<', '>', '=', '~', '!']) {
        true => {
            "give the bare name here, and versions with the argument package: module_name pandas, package pandas>=2"
        }
        false => "give one dotted module name, such as xml.dom.minidom",
    };
    Err(Failure::new(FailureKind::InvalidArguments, message).argument("module_name").hint(hint).into())
}

/// A package by its own name.
pub(super) fn package_or_refusal(module: &str, package: &str, network: bool) -> Result<Wanted, Failure> {
    let rule = PackageRule::parse(package).map_err(|error| {
        Failure::new(FailureKind::InvalidArguments, error.to_string())
            .argument("package")
            .hint("give its name in the package index, such as pyyaml, and versions like pyyaml>=6")
    })?;
    if mcpbox_analysis::is_stdlib(module) {
        let message = format!("{module} belongs to the standard library, not to a package {}", rule.name);
        return Err(Failure::new(FailureKind::InvalidArguments, message)
            .argument("package")
            .hint("leave out the argument package, or name the module that the code imports from it"));
    }
    if mcpbox_analysis::is_base_package(module) {
        let message = format!("every tool has {module} in the version of this MCPbox");
        return Err(Failure::new(FailureKind::InvalidArguments, message)
            .hint("import it without asking")
            .next("mcpbox_get_server_modules", json!({})));
    }
    let derived = PackageRule::named(mcpbox_analysis::distribution(module)).name;
    // `module_name` may also be the package's own name, for one that no import shows.
    let is_itself = derived == rule.name || PackageRule::named(module).name == rule.name;
    Ok(Wanted::Grant(Capability::Package(PackageRule { provides: (!is_itself).then_some(derived), network, ..rule })))
}

pub(crate) fn module_or_refusal(module: &str, policy: CodePolicy, network: bool) -> Result<Wanted, Failure> {
    let is_default = mcpbox_analysis::default_modules().contains(&module);
    if is_default || (policy == CodePolicy::Standard && mcpbox_analysis::is_stdlib(module)) {
        return Ok(Wanted::Given(Capability::Module { name: module.to_owned() }));
    }
    if mcpbox_analysis::is_base_package(module) {
        return Ok(Wanted::Given(Capability::Module { name: module.to_owned() }));
    }
    let with_network = |capability| match capability {
        Capability::Package(rule) => Capability::Package(PackageRule { network, ..rule }),
        other => other,
    };
    module_capability(module, policy).map(with_network).map(Wanted::Grant).ok_or_else(|| {
        Failure::new(FailureKind::ImportDenied, format!("{module} is never granted under the strict code policy"))
            .hint("write it without, or ask the human to set the server's code policy to 'standard'")
            .next("mcpbox_get_server_modules", json!({}))
    })
}

pub(super) fn checked_host(host: &str, port: Option<u16>) -> Result<HostRule, CatalogError> {
    let invalid = |argument: &str, message: String| {
        let failure = Failure::new(FailureKind::InvalidArguments, message).argument(argument);
        CatalogError::from(failure.hint("give one exact host name, without scheme or path, and the port by itself"))
    };
    let rule = HostRule::parse(host).map_err(|error| invalid("host", error.to_string()))?;
    if port == Some(0) {
        return Err(invalid("port", "the port must be a number from 1 to 65535".to_owned()));
    }
    if let (Some(in_host), Some(port)) = (rule.port, port)
        && in_host != port
    {
        return Err(invalid("host", format!("the host says port {in_host}, the port argument says {port}")));
    }
    if is_never_reachable(&rule.host) {
        let failure = Failure::new(
            FailureKind::HostDenied,
            format!("{} is never reachable from a tool, whatever is granted", rule.host),
        );
        return Err(failure
            .argument("host")
            .hint("loopback, link-local and metadata addresses stay closed; use the host's LAN name or address")
            .into());
    }
    // The default ports need no rule of their own; an explicit one is kept when it was asked for.
    Ok(HostRule { port: port.or(rule.port), ..rule })
}
