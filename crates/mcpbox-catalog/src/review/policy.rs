//! What a human sets on servers and tools, and the settings of the whole box.

use std::sync::Arc;

use mcpbox_core::{
    failure::FailureKind,
    server::{CodePolicy, Limits, Server},
    settings::Settings,
    tool::Tool,
};

use mcpbox_store::{servers, settings};
use serde_json::{Value, json};

use crate::{Admin, Catalog, CatalogError, Reviewer, author::set_enabled, change::Change, error::refused, load, text};

/// Sets the language rules of a server (id or name). Live tools run under the new ones from now on.
///
/// # Errors
/// `not_found`.
pub async fn set_server_policy(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    policy: CodePolicy,
) -> Result<Server, CatalogError> {
    let detail = json!({"code_policy": policy});
    change_server(cat, admin, server, "server.policy", detail, |server| server.code_policy = policy).await
}

/// Sets what one call of a server's tools (id or name) may use.
///
/// # Errors
/// `not_found`, `invalid_arguments` for a limit out of range.
pub async fn set_server_limits(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    limits: Limits,
) -> Result<Server, CatalogError> {
    limits.check().map_err(|message| refused(FailureKind::InvalidArguments, message))?;
    change_server(cat, admin, server, "server.limits", json!({"limits": limits}), |server| server.limits = limits).await
}

/// Sets what a server (id or name) is for, as clients read it.
///
/// # Errors
/// `not_found`, `invalid_arguments` for a description outside the rules.
pub async fn set_server_description(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    description: &str,
) -> Result<Server, CatalogError> {
    let description = text::description(description)?;
    let detail = json!({"description": description});
    change_server(cat, admin, server, "server.description", detail, |server| server.description = description).await
}

async fn change_server(
    cat: &Arc<Catalog>,
    admin: &Admin,
    server: &str,
    action: &'static str,
    detail: Value,
    apply: impl FnOnce(&mut Server) + Send,
) -> Result<Server, CatalogError> {
    let id = cat.snapshot().find_server(server)?.id;
    let mut change = Change::begin(cat, admin.actor()).await?;
    let mut server = load::server(&change.tx, id).await?;
    apply(&mut server);
    server.updated_at = change.now;
    servers::update(&change.tx, &server).await?;
    change.audit(action, format!("server:{id}"), detail).await?;
    change.touch_server(id);
    change.commit().await?;
    Ok(server)
}

/// Enables or disables a tool (id or name), at once.
///
/// # Errors
/// `not_found`.
pub async fn set_tool_enabled(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    tool: &str,
    enabled: bool,
) -> Result<Tool, CatalogError> {
    let id = cat.snapshot().find_tool(tool)?.tool.id;
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let mut loaded = load::tool(&change.tx, id).await?;
    set_enabled(&mut change, &mut loaded, enabled).await?;
    if change.has_done_something() {
        change.commit().await?;
    }
    Ok(loaded.tool)
}

/// Replaces the settings of the whole box.
///
/// # Errors
/// `invalid_arguments` for a value out of range.
pub async fn set_settings(cat: &Arc<Catalog>, admin: &Admin, settings: Settings) -> Result<Settings, CatalogError> {
    settings.default_limits.check().map_err(|message| refused(FailureKind::InvalidArguments, message))?;
    let schedule = settings.backup;
    if !(1..=8_760).contains(&schedule.every_hours) || !(1..=1_000).contains(&schedule.keep) {
        let message = "backup.every_hours must be between 1 and 8760, backup.keep between 1 and 1000";
        return Err(refused(FailureKind::InvalidArguments, message));
    }
    if !(1..=3650).contains(&settings.log_retention_days) {
        let message = format!("log_retention_days is {}; it must be between 1 and 3650", settings.log_retention_days);
        return Err(refused(FailureKind::InvalidArguments, message));
    }
    if !(1..=10_000).contains(&settings.open_requests_per_client) {
        let most = settings.open_requests_per_client;
        let message = format!("open_requests_per_client is {most}; it must be between 1 and 10000");
        return Err(refused(FailureKind::InvalidArguments, message));
    }
    settings.storage.check().map_err(|message| refused(FailureKind::InvalidArguments, message))?;
    if let Some(front) = &settings.front {
        front.check().map_err(|message| refused(FailureKind::InvalidArguments, message))?;
    }
    let mut change = Change::begin(cat, admin.actor()).await?;
    settings::save(&change.tx, &settings, change.now).await?;
    change.audit("settings.change", "settings".to_owned(), json!({"settings": settings})).await?;
    change.touch_settings();
    change.commit().await?;
    Ok(settings)
}
