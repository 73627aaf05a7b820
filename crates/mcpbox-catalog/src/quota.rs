//! How much of each thing there may be. Everything that a client can make more and more of is counted here, in the transaction
//! that makes it.

use chrono::TimeDelta;
use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::ServerId,
    version::Content,
};
use mcpbox_store::{secrets, tools, versions};
use serde_json::{Value, json};

use crate::{CatalogError, change::Change, load::Loaded};

const MB: u64 = 1_000_000;
/// Secrets of one server.
const SECRETS_MAX: usize = 200;

/// Room for one more server.
pub(crate) fn check_servers(change: &Change) -> Result<(), CatalogError> {
    let snapshot = change.snapshot();
    let most = snapshot.settings().storage.servers;
    let step = ("mcpbox_list_servers", json!({}));
    at_most(snapshot.servers().count() as u64, most, "servers", "storage.servers", step)
}

/// Room for one more tool on a server.
pub(crate) async fn check_tools(change: &Change, server: ServerId, name: &str) -> Result<(), CatalogError> {
    let most = change.snapshot().settings().storage.tools_per_server;
    let count = tools::count_by_server(&change.tx, server).await?;
    let step = ("mcpbox_list_tools", json!({"server_id": name}));
    at_most(count, most, "tools on this server", "storage.tools_per_server", step)
}

/// Room for one more secret of a server.
pub(crate) async fn check_secrets(change: &Change, server: ServerId, name: &str) -> Result<(), CatalogError> {
    if secrets::list(&change.tx, server).await?.len() < SECRETS_MAX {
        return Ok(());
    }
    let message =
        format!("there are {SECRETS_MAX} secrets on this server, as many as there may be; nothing was changed");
    let failure =
        Failure::new(FailureKind::LimitReached, message).hint("use one of them, or put the tool on another server");
    Err(failure.next("mcpbox_list_server_secrets", json!({"server_id": name})).into())
}

/// Room for one more version of a tool today.
pub(crate) async fn check_versions(change: &Change, loaded: &Loaded) -> Result<(), CatalogError> {
    let most = change.snapshot().settings().storage.versions_per_day;
    let made = versions::count_since(&change.tx, loaded.tool.id, change.now - TimeDelta::days(1)).await?;
    if made < u64::from(most) {
        return Ok(());
    }
    let message = format!(
        "{made} versions of {} were made within a day, as many as there may be; nothing was changed",
        loaded.name()
    );
    let hint = "test the newest one and ask the human what is wrong with it; tomorrow new ones can be made, or now when the human raises \
                storage.versions_per_day under Settings";
    let failure = Failure::new(FailureKind::LimitReached, message).hint(hint);
    Err(failure.next("mcpbox_get_tool_status", json!({"tool_id": loaded.name()})).into())
}

/// Room for the content of a version among all that are kept.
pub(crate) async fn check_code(change: &Change, content: &Content) -> Result<(), CatalogError> {
    let most = u64::from(change.snapshot().settings().storage.code_mb) * MB;
    let size = (content.code.len() + content.description.len()) as u64;
    let kept = versions::bytes(&change.tx).await?;
    if kept.saturating_add(size) <= most {
        return Ok(());
    }
    let message = format!(
        "the code of all tools takes {} MB, and {} MB is all it may; nothing was changed",
        kept / MB,
        most / MB
    );
    Err(full(message, "storage.code_mb", ("mcpbox_list_servers", json!({}))))
}

fn at_most(count: u64, most: u32, what: &str, setting: &str, step: (&str, Value)) -> Result<(), CatalogError> {
    if count < u64::from(most) {
        return Ok(());
    }
    Err(full(format!("there are {count} {what}, as many as there may be; nothing was changed"), setting, step))
}

fn full(message: String, setting: &str, (tool, arguments): (&str, Value)) -> CatalogError {
    let hint = format!("delete what nobody needs any more, or ask the human to raise {setting} under Settings");
    Failure::new(FailureKind::LimitReached, message).hint(hint).next(tool, arguments).into()
}
