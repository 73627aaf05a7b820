//! `mcpbox secret set`: a value goes in and never comes out again.

use anyhow::Context;
use mcpbox_core::capability::HostRule;
use secrecy::ExposeSecret;
use serde_json::json;

use super::segment;
use crate::{
    cli::SecretCommand,
    console::print_line,
    control::Control,
    password::{ask_login, ask_value},
};

/// Runs the command.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(control: &Control, command: SecretCommand) -> anyhow::Result<()> {
    let SecretCommand::Set { server, key, hosts, revealed, credentials } = command;
    let hosts = hosts.iter().map(|host| HostRule::parse(host)).collect::<Result<Vec<_>, _>>()?;
    let login = ask_login(&credentials)?;
    let value = ask_value(&key)?;
    let mut body = json!({"value": value.expose_secret(), "mode": if revealed { "revealed" } else { "sealed" }});
    if !hosts.is_empty() {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        body.as_object_mut().context("a body is an object")?.insert("hosts".to_owned(), json!(hosts));
    }
    let path = format!("/servers/{}/secrets/{}/value", segment(&server), segment(&key));
    control.send(hyper::Method::PUT, &path, Some(body), Some(&login)).await?;
    print_line(&format!("{key} of {server} is set."));
    Ok(())
}
