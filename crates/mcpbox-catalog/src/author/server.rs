//! Servers: make, list, start, stop, delete.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    grant::{Grant, GrantState},
    ids::ServerId,
    name::ServerName,
    paging::{Page, PageRequest},
    server::{CodePolicy, Server, ServerStatus},
};
use mcpbox_store::{
    grants::{self, GrantFilter},
    secrets, servers,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{SecretSummary, version::no_name};
use crate::{
    Caller, Catalog, CatalogError, NextStep, Snapshot,
    change::Change,
    load, mend,
    next::{YOURS, next_call},
    quota, source, text,
    withheld::Withheld,
};

/// A new server.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateServer {
    /// `^[a-z][a-z0-9_]*$`, at most 31 characters.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
}

/// A server in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerSummary {
    /// Its id.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether its tools are published.
    pub status: ServerStatus,
    /// All its tools.
    pub tools: u64,
    /// Its tools that have an approved version.
    pub live_tools: u64,
}

/// One server with all that is set on it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerDetail {
    /// The server.
    #[serde(flatten)]
    pub server: Server,
    /// All its tools.
    pub tools: u64,
    /// Its tools that clients see now.
    pub published: Vec<String>,
    /// Grants in force or pending on the server or one of its tools.
    pub grants: Vec<Grant>,
    /// Its secrets, without values.
    pub secrets: Vec<SecretSummary>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// What became of a server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerReport {
    /// The server.
    #[serde(flatten)]
    pub server: Server,
    /// Its tools that clients see now.
    pub published: Vec<String>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// What is gone.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteReport {
    /// Its name.
    pub deleted: String,
    /// Published tools that are gone with it.
    pub withdrawn: Vec<String>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Servers by name, with status and tool counts.
///
/// # Errors
/// The caller may not use the management tools.
pub async fn list_servers(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    page: PageRequest,
) -> Result<Page<ServerSummary>, CatalogError> {
    let who = who.into();
    who.check_reads()?;
    let snapshot = cat.snapshot();
    let seen: Vec<&Server> = snapshot.servers().filter(|server| who.may_see(server.name.as_str())).collect();
    Ok(page.of(seen.into_iter()).map(|server| summary(&snapshot, server)))
}

fn summary(snapshot: &Snapshot, server: &Server) -> ServerSummary {
    let (mut tools, mut live_tools) = (0, 0);
    for known in snapshot.known_of(server) {
        tools += 1;
        live_tools += u64::from(known.tool.live_version.is_some());
    }
    ServerSummary {
        id: server.id,
        name: server.name.to_string(),
        description: server.description.clone(),
        status: server.status,
        tools,
        live_tools,
    }
}

/// One server: configuration, status, grants, secrets.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn get_server(cat: &Catalog, who: impl Into<Caller<'_>>, server: &str) -> Result<ServerDetail, CatalogError> {
    let snapshot = cat.snapshot();
    let server = who.into().seen_server(&snapshot, server)?;
    let reader = cat.store.reader();
    let in_state = |state| GrantFilter { state: Some(state), server: Some(server.id), tool: None };
    let mut shown = grants::list(&reader, &in_state(GrantState::Approved), PageRequest::new(1, 100)).await?.items;
    shown.extend(grants::list(&reader, &in_state(GrantState::Pending), PageRequest::new(1, 100)).await?.items);
    let secrets = secrets::list(&reader, server.id).await?;
    let ServerReport { server, published, next } = report(&snapshot, server);
    Ok(ServerDetail {
        tools: snapshot.known_of(&server).count() as u64,
        server,
        published,
        grants: shown,
        secrets: secrets.into_iter().map(SecretSummary::from).collect(),
        next,
    })
}

/// A server as it is now, and what to do next.
fn report(snapshot: &Snapshot, server: &Server) -> ServerReport {
    let published: Vec<String> =
        snapshot.of_server(server.name.as_str()).iter().map(|tool| tool.name.clone()).collect();
    let has_tools = snapshot.known_of(server).next().is_some();
    let waits = snapshot.known_of(server).any(|known| known.withheld == Some(Withheld::NotApproved));
    let mut next = Vec::new();
    if !has_tools {
        next.push(NextStep::call(
            "write its first tool",
            "mcpbox_create_tool",
            json!({"server_id": server.name, "name": YOURS, "python_code": YOURS}),
        ));
    }
    if server.status == ServerStatus::Stopped {
        let step = "publish its approved, enabled tools; new ones follow by themselves once approved";
        next.push(NextStep::call(step, "mcpbox_start_server", json!({"server_id": server.name})));
    } else if let Some(tool) = snapshot.of_server(server.name.as_str()).first() {
        let step = "call its tools by their names; if your client does not list them yet, through mcpbox_call_tool";
        let arguments = mend::example(&Value::Object(tool.input_schema.as_ref().clone()));
        next.push(NextStep::call(step, "mcpbox_call_tool", json!({"name": tool.name, "arguments": arguments})));
    }
    if waits {
        next.push(NextStep::call(
            "see which tools are not approved yet",
            "mcpbox_list_tools",
            json!({"server_id": server.name}),
        ));
    }
    ServerReport { server: server.clone(), published, next }
}

/// Makes a server, stopped.
///
/// # Errors
/// `invalid_arguments` for a name or description outside the rules, `conflict` when the name is taken, `forbidden` when
/// the caller's access is for certain servers.
pub async fn create_server(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    request: CreateServer,
) -> Result<ServerReport, CatalogError> {
    let who = who.into();
    who.check_author_of_all()?;
    let mut change = Change::by_author(cat, who).await?;
    let name = ServerName::parse(&request.name).map_err(|error| no_name(&error, &request.name))?;
    let description = text::description(&request.description)?;
    if servers::by_name(&change.tx, &name).await?.is_some() {
        let failure = Failure::new(FailureKind::Conflict, format!("a server '{name}' already exists"));
        let hint = "use it, or choose another name";
        return Err(failure.hint(hint).next("mcpbox_get_server", json!({"server_id": name})).into());
    }
    quota::check_servers(&change)?;
    let server = Server {
        id: ServerId::generate(),
        name,
        description,
        status: ServerStatus::Stopped,
        code_policy: CodePolicy::default(),
        limits: cat.snapshot().settings().default_limits,
        created_at: change.now,
        updated_at: change.now,
    };
    servers::insert(&change.tx, &server).await?;
    change.audit("server.create", format!("server:{}", server.id), json!({"name": server.name})).await?;
    change.touch_server(server.id);
    change.commit().await?;
    Ok(report(&cat.snapshot(), &server))
}

/// Deletes a server and all its tools, at once. Whoever is logged in to a source of it is logged out before.
///
/// # Errors
/// `not_found`; `forbidden` for remote principals unless the settings allow it.
pub async fn delete_server(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    server: &str,
) -> Result<DeleteReport, CatalogError> {
    let who = who.into();
    let snapshot = cat.snapshot();
    who.check_delete(cat, next_call("mcpbox_stop_server", json!({"server_id": server})))?;
    let server = who.server(&snapshot, server)?;
    source::log_out_of_server(cat, &who.actor(), server.id).await?;
    let mut change = Change::begin_withdrawing(cat, who.actor()).await?;
    let sources = source::of_server(&change.tx, server.id).await?;
    if !servers::delete(&change.tx, server.id).await? {
        return Err(load::server_gone().into());
    }
    let tools: Vec<_> = snapshot.known_of(server).map(|known| &known.tool.name).collect();
    change
        .audit("server.delete", format!("server:{}", server.id), json!({"name": server.name, "tools": tools}))
        .await?;
    change.touch_server(server.id);
    change.commit().await?;
    source::removed(cat, sources.iter().map(|source| source.id));
    let withdrawn = snapshot.of_server(server.name.as_str()).iter().map(|tool| tool.name.clone()).collect();
    let next = vec![NextStep::call("see what is left", "mcpbox_list_servers", json!({}))];
    Ok(DeleteReport { deleted: server.name.to_string(), withdrawn, next })
}

/// Publishes the approved, enabled tools of a server.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn start_server(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    server: &str,
) -> Result<ServerReport, CatalogError> {
    set_status(cat, who.into(), server, ServerStatus::Running).await
}

/// Withdraws all tools of a server.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn stop_server(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    server: &str,
) -> Result<ServerReport, CatalogError> {
    set_status(cat, who.into(), server, ServerStatus::Stopped).await
}

async fn set_status(
    cat: &Arc<Catalog>,
    who: Caller<'_>,
    server: &str,
    status: ServerStatus,
) -> Result<ServerReport, CatalogError> {
    let id = who.server(&cat.snapshot(), server)?.id;
    let mut change = Change::begin_withdrawing(cat, who.actor()).await?;
    let mut server = load::server(&change.tx, id).await?;
    if server.status != status {
        (server.status, server.updated_at) = (status, change.now);
        servers::update(&change.tx, &server).await?;
        let action = if status == ServerStatus::Running { "server.start" } else { "server.stop" };
        change.audit(action, format!("server:{id}"), json!({"name": server.name})).await?;
        change.touch_server(id);
        change.commit().await?;
    }
    Ok(report(&cat.snapshot(), &server))
}
