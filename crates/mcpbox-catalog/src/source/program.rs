//! A source that is a program: what it is asked for with, and the secrets that it gets.

use std::collections::BTreeMap;

use mcpbox_core::{
    capability::HostRule,
    failure::{Failure, FailureKind},
    name::SecretKey,
    program::ProgramValue,
    secret::{Secret, SecretMode},
    server::Server,
    source::{ExternalSource, SourceTransport},
};
use mcpbox_store::secrets;
use serde_json::json;

use super::add::{AddSource, AuthKind, invalid};
use crate::{CatalogError, change::Change, needs::is_never_reachable, quota};

/// How hosts are written.
const HOSTS_HINT: &str = "one exact name or address each, a LAN host with its port: api.example.com, nas.lan:8080";

/// Variables as a client writes them: `NAME=text`, or `NAME` alone for the server's secret of that key.
///
/// # Errors
/// `invalid_arguments`.
pub fn variables<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<BTreeMap<String, ProgramValue>, Failure> {
    let read = |text: &str| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), ProgramValue::Value(value.to_owned()))),
        None => {
            let key = SecretKey::parse(text);
            let hint = "NAME=text, or the key of a secret of the server alone, such as API_KEY: it gets the variable of that name";
            key.map(|key| (text.to_owned(), ProgramValue::Secret(key)))
                .map_err(|error| invalid("env", error.to_string(), hint))
        }
    };
    texts.into_iter().map(read).collect()
}

/// Hosts as a client writes them: `api.example.com`, or with a port.
///
/// # Errors
/// `invalid_arguments`.
pub fn hosts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<HostRule>, Failure> {
    let read = |text: &str| HostRule::parse(text).map_err(|error| invalid("hosts", error.to_string(), HOSTS_HINT));
    texts.into_iter().map(read).collect()
}

/// The transport of a program.
pub(super) fn transport(request: &AddSource) -> Result<SourceTransport, Failure> {
    let program = request.program.clone().filter(|program| !program.command.is_empty());
    let program = program.ok_or_else(|| {
        invalid(
            "command",
            "a source over stdio is a program, and none is named",
            "such as node, with its arguments in args",
        )
    })?;
    if !request.url.trim().is_empty() || request.auth != AuthKind::None {
        let hint = "leave url and auth out; a secret goes into its environment";
        return Err(invalid("url", "a program has neither an address nor a login", hint));
    }
    let hint = "give what is started as it is typed: program, arguments, directories; a human reads exactly that";
    program.check().map_err(|error| invalid("command", error, hint))?;
    if let Some(never) = program.hosts.iter().find(|rule| is_never_reachable(&rule.host)) {
        let message = format!("{} is never reachable from a program, whatever is granted", never.host);
        return Err(Failure::new(FailureKind::HostDenied, message).argument("hosts").hint(
            "loopback, link-local and metadata addresses stay closed; use the host's LAN name or address, with its port",
        ));
    }
    Ok(SourceTransport::Stdio { program: Box::new(program) })
}

/// Placeholders for the secrets that it gets, where there are none yet. It sees their values.
pub(super) async fn ensure_secrets(
    change: &mut Change,
    server: &Server,
    source: &ExternalSource,
) -> Result<(), CatalogError> {
    let rule = source.rule();
    for key in rule.program.iter().flat_map(|program| program.secrets()) {
        if secrets::by_key(&change.tx, server.id, key).await?.is_some() {
            continue;
        }
        quota::check_secrets(change, server.id, server.name.as_str()).await?;
        let waiting = Secret::waiting(server.id, key.clone(), change.now);
        let description = format!("the program of the source {} sees it", source.name);
        let secret = Secret { description, mode: SecretMode::Revealed, ..waiting };
        secrets::insert(&change.tx, &secret).await?;
        let detail = json!({"server": server.name, "key": secret.key, "mode": secret.mode});
        change.audit("secret.create", format!("secret:{}", secret.id), detail).await?;
    }
    Ok(())
}

/// Refuses to hand a program a value that no code may see.
pub(super) fn check_revealed(secret: &Secret, source: &str, page: String) -> Result<(), Failure> {
    if secret.mode == SecretMode::Revealed {
        return Ok(());
    }
    let message = format!("the secret {} is sealed, and the program of the source '{source}' would see it", secret.key);
    let hint =
        format!("ask the human to let its value be seen by code at {page}, or to make another secret for this program");
    Err(Failure::new(FailureKind::SecretMissing, message).hint(hint).human(page))
}
