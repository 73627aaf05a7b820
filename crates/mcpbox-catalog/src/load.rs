//! Reading single rows inside a write, with refusals that say what is missing.

use mcpbox_core::{
    failure::{Failure, FailureKind},
    ids::{ServerId, ToolId, VersionId},
    name::published_name,
    server::Server,
    tool::Tool,
    version::Version,
};
use mcpbox_store::{Connection, servers, tools, versions};
use serde_json::json;

use crate::CatalogError;

/// A server that was there a moment ago.
pub(crate) async fn server(connection: &impl Connection, id: ServerId) -> Result<Server, CatalogError> {
    servers::by_id(connection, id).await?.ok_or_else(|| server_gone().into())
}

pub(crate) fn server_gone() -> Failure {
    gone("this server was deleted meanwhile")
}

pub(crate) fn tool_gone() -> Failure {
    gone("this tool was deleted meanwhile")
}

fn gone(message: &str) -> Failure {
    let failure = Failure::new(FailureKind::NotFound, message);
    failure.hint("see what is there").next("mcpbox_list_servers", json!({}))
}

/// A tool that was there a moment ago, with its server and its newest version.
pub(crate) async fn tool(connection: &impl Connection, id: ToolId) -> Result<Loaded, CatalogError> {
    let tool = tools::by_id(connection, id).await?.ok_or_else(tool_gone)?;
    let server = server(connection, tool.server_id).await?;
    let newest = versions::latest(connection, id).await?.ok_or_else(tool_gone)?;
    Ok(Loaded { server, tool, newest })
}

/// The version of a tool that calls run, when it is another than this one.
pub(crate) async fn live_beside(
    connection: &impl Connection,
    tool: &Tool,
    version: VersionId,
) -> Result<Option<Version>, CatalogError> {
    match tool.live_version.filter(|live| *live != version) {
        Some(live) => Ok(versions::by_id(connection, live).await?),
        None => Ok(None),
    }
}

/// A tool with its server and its newest version.
pub(crate) struct Loaded {
    pub(crate) server: Server,
    pub(crate) tool: Tool,
    pub(crate) newest: Version,
}

impl Loaded {
    /// `server__tool`, as it is called now.
    pub(crate) fn name(&self) -> String {
        published_name(&self.server.name, &self.tool.name)
    }

    /// The number of the version that calls run.
    pub(crate) async fn live_number(&self, connection: &impl Connection) -> Result<Option<u32>, CatalogError> {
        match self.tool.live_version {
            None => Ok(None),
            Some(id) if id == self.newest.id => Ok(Some(self.newest.number)),
            Some(id) => Ok(versions::by_id(connection, id).await?.map(|version| version.number)),
        }
    }
}
