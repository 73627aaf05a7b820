//! `mcpbox grant add`: allows a host, a module or a package to all tools of a server.

use anyhow::Context;
use mcpbox_core::{
    capability::{Capability, HostRule},
    clock::{Clock, SystemClock},
    package::PackageRule,
};
use serde_json::json;

use super::cell;
use crate::{
    cli::{GrantCommand, GrantTarget},
    console::print_line,
    control::Control,
    password::ask_login,
};

/// Runs the command.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(control: &Control, command: GrantCommand) -> anyhow::Result<()> {
    let GrantCommand::Add { server, what, comment, until, credentials } = command;
    let capability = capability(what)?;
    let end = until.map(|until| until.at(SystemClock.now()).context("that is too far away")).transpose()?;
    let login = ask_login(&credentials)?;
    let words = capability.to_string();
    let what = match &capability {
        Capability::Package(rule) => json!({"kind": "package", "name": rule.requirement()}),
        other => json!(other),
    };
    let scope = json!({"level": "server", "id": server});
    let body = json!({"scope": scope, "capability": what, "comment": comment, "expires_at": end});
    let grant = control.post("/grants", body, Some(&login)).await?;
    let end = end.map(|end| format!(" until {}", end.format("%Y-%m-%d %H:%M:%S UTC"))).unwrap_or_default();
    print_line(&format!("All tools of {server} may now use {words}{end} (grant {}).", cell(&grant, "id")));
    Ok(())
}

fn capability(what: GrantTarget) -> anyhow::Result<Capability> {
    match (what.host, what.module, what.package) {
        (Some(host), ..) => Ok(Capability::Host(HostRule::parse(&host)?)),
        (None, Some(name), _) => Ok(Capability::Module { name }),
        (None, None, Some(package)) => Ok(Capability::Package(PackageRule::parse(&package)?)),
        (None, None, None) => anyhow::bail!("name a --host, a --module or a --package"),
    }
}
