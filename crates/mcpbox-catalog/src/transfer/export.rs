//! Exporting: servers, tools, their live and newest versions and what they asked for. Never a secret's value.

use mcpbox_core::grant::{GrantScope, GrantState};
use mcpbox_store::{Moment, grants, secrets, signature, tools, versions};

use super::own::{
    ExportedBox, ExportedRequest, ExportedSecret, ExportedServer, ExportedTool, ExportedVersion, FORMAT,
    FORMAT_VERSION, PURPOSE,
};
use crate::{Caller, Catalog, CatalogError};
use mcpbox_core::{
    server::Server,
    tool::{Tool, ToolKind},
    version::Version,
};

/// Everything, as it is at one moment, signed by this box.
///
/// # Errors
/// The caller may not use the management tools; the store cannot be read.
pub async fn export(cat: &Catalog, who: impl Into<Caller<'_>>) -> Result<ExportedBox, CatalogError> {
    who.into().check_reads()?;
    let snapshot = cat.snapshot();
    let moment = cat.store.moment().await?;
    let mut servers = Vec::new();
    for server in snapshot.servers() {
        let mut exported = Vec::new();
        for known in snapshot.known_of(server) {
            // Deleted since: it is not there at this moment.
            // One of another server is nothing without its source.
            if let Some(tool) = tools::by_id(&moment, known.tool.id).await?.filter(|tool| tool.kind == ToolKind::Python)
            {
                exported.push(exported_tool(&moment, server, tool).await?);
            }
        }
        servers.push(exported_server(&moment, server, exported).await?);
    }
    let mut exported = ExportedBox {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION,
        exported_at: cat.now(),
        servers,
        signature: String::new(),
    };
    let text = exported.signed_text().map_err(CatalogError::internal)?;
    exported.signature = signature::sign(&moment, PURPOSE, &text)?;
    Ok(exported)
}

async fn exported_server(
    moment: &Moment,
    server: &Server,
    tools: Vec<ExportedTool>,
) -> Result<ExportedServer, CatalogError> {
    let secrets = secrets::list(moment, server.id).await?.into_iter().map(|secret| ExportedSecret {
        key: secret.key.to_string(),
        description: secret.description,
        hosts: secret.hosts,
    });
    Ok(ExportedServer {
        name: server.name.to_string(),
        description: server.description.clone(),
        status: server.status,
        code_policy: server.code_policy,
        limits: server.limits,
        secrets: secrets.collect(),
        tools,
    })
}

async fn exported_tool(moment: &Moment, server: &Server, tool: Tool) -> Result<ExportedTool, CatalogError> {
    let newest = versions::latest(moment, tool.id).await?;
    let live = match tool.live_version.filter(|live| newest.as_ref().is_none_or(|newest| newest.id != *live)) {
        Some(live) => versions::by_id(moment, live).await?,
        None => None,
    };
    let asked = grants::for_tool(moment, server.id, tool.id).await?.into_iter().filter(|grant| {
        matches!(grant.state, GrantState::Approved | GrantState::Pending) && grant.scope == GrantScope::Tool(tool.id)
    });
    let requests =
        asked.map(|grant| ExportedRequest { capability: grant.capability, justification: grant.justification });
    Ok(ExportedTool {
        name: newest.as_ref().map_or(&tool.name, |newest| &newest.content.name).to_string(),
        enabled: tool.enabled,
        versions: live.into_iter().chain(newest).map(version).collect(),
        requests: requests.collect(),
    })
}

fn version(version: Version) -> ExportedVersion {
    ExportedVersion {
        number: version.number,
        state: version.state,
        content_hash: version.content_hash,
        description: version.content.description,
        code: version.content.code,
    }
}
