//! A tool to try the way from a request to a run, before an LLM has written one. It is made, tested and put up for
//! review with the same functions as any other, and is approved by nobody but a human.

use std::sync::Arc;

use mcpbox_core::{execute::Unobserved, server::ServerStatus, version::VersionState};
use serde_json::{Map, Value};

use super::{
    CreateServer, CreateTool, TestCode, ToolStatus, create_server, create_tool, get_tool_status, request_publish,
    start_server, test_code,
};
use crate::{Caller, Catalog, CatalogError};

const SERVER: &str = "sample";
const TOOL: &str = "word_count";
const NAME: &str = "sample__word_count";
const CODE: &str = r#"def main(text: str) -> dict[str, int]:
    """Counts the words, lines and characters of a text.

    Args:
        text: What to count.
    """
    return {
        "words": len(text.split()),
        "lines": len(text.splitlines()),
        "characters": len(text),
    }
"#;

/// Makes what is missing of the sample tool and asks for its review; tells where it stands.
///
/// # Errors
/// As [`create_tool`] and [`request_publish`].
pub async fn make_sample(cat: &Arc<Catalog>, who: impl Into<Caller<'_>>) -> Result<ToolStatus, CatalogError> {
    let who = who.into();
    who.check_author()?;
    if cat.snapshot().find_server(SERVER).is_err() {
        let description = "A tool to see how MCPbox works; delete it whenever you like.".to_owned();
        create_server(cat, who, CreateServer { name: SERVER.to_owned(), description }).await?;
    }
    if cat.snapshot().find_tool(NAME).is_err() {
        let tool = CreateTool {
            server: SERVER.to_owned(),
            name: TOOL.to_owned(),
            python_code: CODE.to_owned(),
            description: None,
        };
        create_tool(cat, who, tool).await?;
    }
    if cat.snapshot().find_server(SERVER)?.status == ServerStatus::Stopped {
        start_server(cat, who, SERVER).await?;
    }
    let status = get_tool_status(cat, who, NAME).await?;
    if status.state != VersionState::Draft {
        return Ok(status);
    }
    let arguments = Map::from_iter([("text".to_owned(), Value::from("Small tools,\nwell made."))]);
    // Evidence for the reviewer. Where drafts may not be tested, the review says that none were.
    let _tested =
        test_code(cat, who, TestCode { tool: NAME.to_owned(), arguments, ..TestCode::default() }, Arc::new(Unobserved))
            .await;
    request_publish(cat, who, NAME, "The sample tool of the setup.").await?;
    get_tool_status(cat, who, NAME).await
}
