//! The REST API: one folder a noun, one file a verb, with request, answer, description and handler together. Handlers
//! parse, call the catalog and answer; they decide nothing.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod backups;
pub(crate) mod calls;
pub(crate) mod cloudflare;
pub(crate) mod connection;
pub(crate) mod document;
pub(crate) mod events;
pub(crate) mod grants;
pub(crate) mod invitation;
pub(crate) mod modules;
pub(crate) mod notifications;
pub(crate) mod oauth;
pub(crate) mod oidc;
pub(crate) mod openapi;
pub(crate) mod packages;
pub(crate) mod policy;
pub(crate) mod reviews;
pub(crate) mod sandbox;
pub(crate) mod secrets;
pub(crate) mod servers;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod sources;
pub(crate) mod storage;
pub(crate) mod tokens;
pub(crate) mod tools;
pub(crate) mod transfer;
pub(crate) mod users;

use axum::Json;
use mcpbox_catalog::author;
use mcpbox_core::{
    execute::HttpMock,
    ids::{ServerId, ToolId},
    paging::{Page, PageRequest},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{auth::Viewer, problem::Problem, state::AdminState};

/// The words of a decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    /// Why; goes to the LLM.
    #[serde(default)]
    comment: String,
}

/// A test run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestRequest {
    /// Name of a prompt, or of its function: that one runs instead of `main`.
    prompt: Option<String>,
    /// URI of a resource; or its template or function's name, with the values among the arguments: that one runs instead of `main`.
    resource: Option<String>,
    /// Arguments of what runs.
    #[serde(default)]
    #[schema(value_type = Object)]
    arguments: Map<String, Value>,
    /// Canned HTTP answers; when given, nothing else is reachable.
    http_mocks: Option<Vec<HttpMock>>,
    /// What a person answers to each `ctx.elicit`, in order.
    #[schema(value_type = Option<Vec<Object>>)]
    answers: Option<Vec<Value>>,
}

/// What most handlers give.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// Which page of a list.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Page, from 1.
    #[param(minimum = 1)]
    page: Option<u64>,
    /// Rows a page, 1 to 100; 50 unless given.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u64>,
}

impl PageQuery {
    /// As the catalog wants it.
    pub(crate) fn request(self) -> PageRequest {
        page_request(self.page, self.page_size)
    }
}

/// As [`PageQuery`], for lists whose query has filters too.
pub(crate) fn page_request(page: Option<u64>, page_size: Option<u64>) -> PageRequest {
    PageRequest::new(page.unwrap_or(1), page_size.unwrap_or(50))
}

/// A page of rows that are all at hand.
pub(crate) fn page_of<T>(rows: Vec<T>, page: PageRequest) -> Page<T> {
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    page.page(rows.into_iter().skip(skip).take(take).collect(), total)
}

/// The server a filter names, by id or name.
pub(crate) async fn server_id(
    state: &AdminState,
    viewer: &Viewer,
    server: Option<&str>,
) -> Result<Option<ServerId>, Problem> {
    let Some(text) = server else { return Ok(None) };
    match text.parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => Ok(Some(author::get_server(&state.catalog, viewer.caller(), text).await?.server.id)),
    }
}

/// The tool a filter names, by id or `server__tool`.
pub(crate) async fn tool_id(
    state: &AdminState,
    viewer: &Viewer,
    tool: Option<&str>,
) -> Result<Option<ToolId>, Problem> {
    let Some(text) = tool else { return Ok(None) };
    match text.parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => Ok(Some(author::get_tool(&state.catalog, viewer.caller(), text).await?.tool.id)),
    }
}
