//! The management tools: what an LLM sees of them (name, description, schema) and which use case of the catalog each
//! one is. One file per group. No rules here: the catalog decides, this only translates.

mod again;
mod argument;
mod live;
mod module;
mod paging;
mod publish;
mod secret;
mod server;
mod source;
mod tool;
mod trial;
mod version;

use std::sync::Arc;

use mcpbox_catalog::{Catalog, CatalogError, CountCall};
use mcpbox_core::{
    execute::{BoxFuture, Observer},
    failure::Failure,
    principal::Principal,
    settings::Settings,
};
use rmcp::model::{CallToolResult, Tool, ToolAnnotations};
use serde_json::{Map, Value};

pub(crate) use again::same_call;
pub(crate) use argument::Arguments;
use argument::{Argument, Kind};
pub(crate) use live::{CALL_TOOL, SEARCH_TOOLS};

use crate::result;

/// What the names of all management tools begin with.
pub(crate) const MANAGEMENT_PREFIX: &str = "mcpbox_";

/// A management tool.
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    effect: Effect,
    /// Whether the compact toolset has it.
    pub(crate) is_core: bool,
    run: fn(Invocation) -> BoxFuture<'static, Answer>,
}

/// What a management tool does to the box; gives its hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Changes nothing.
    Reads,
    /// Adds something; nothing that is there changes.
    Adds,
    /// Changes what is there, in a way that can be undone.
    Changes,
    /// Removes something for good.
    Removes,
    /// Whatever the called tool does.
    Calls,
}

/// One call of a management tool, with checked arguments.
pub(crate) struct Invocation {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) who: Principal,
    pub(crate) arguments: Arguments,
    pub(crate) observer: Arc<dyn Observer>,
    /// Asked before a script calls a tool.
    pub(crate) count: Arc<CountCall>,
}

/// What a management tool answers; an error becomes an `isError` result.
pub(crate) type Answer = Result<CallToolResult, CatalogError>;

const SERVER_ID: Argument = Argument::required("server_id", Kind::Text, "name or id");
const TOOL_ID: Argument = Argument::required("tool_id", Kind::Text, "name (server__tool) or id");

/// All management tools, in the order in which clients see them.
pub(crate) fn all() -> impl Iterator<Item = &'static Definition> {
    [
        live::TOOLS,
        server::TOOLS,
        tool::TOOLS,
        trial::TOOLS,
        version::TOOLS,
        secret::TOOLS,
        publish::TOOLS,
        module::TOOLS,
        source::TOOLS,
    ]
    .into_iter()
    .flatten()
}

/// The management tool of that name.
pub(crate) fn find(name: &str) -> Option<&'static Definition> {
    all().find(|definition| definition.name == name)
}

/// Whether `name` is a management tool that only authors may use. Finding and calling what is published is for everybody.
pub(crate) fn needs_author(name: &str) -> bool {
    find(name).is_some() && ![SEARCH_TOOLS, CALL_TOOL].contains(&name)
}

/// Whether a management tool does what may take long: it runs other code.
pub(crate) fn takes_a_while(name: &str) -> bool {
    [CALL_TOOL, live::RUN_CODE].contains(&name)
}

impl Definition {
    /// Checks the arguments and does what the tool is for.
    pub(crate) async fn run(
        &'static self,
        catalog: Arc<Catalog>,
        who: Principal,
        arguments: Map<String, Value>,
        observer: Arc<dyn Observer>,
        count: Arc<CountCall>,
    ) -> CallToolResult {
        let given = arguments.clone();
        let answer = match argument::check(self.name, self.arguments, arguments) {
            Ok(arguments) => (self.run)(Invocation { catalog, who, arguments, observer, count }).await,
            Err(failure) => Err(CatalogError::Refused(failure)),
        };
        answer.unwrap_or_else(|error| {
            let lead_on = |failure: &Failure| again::lead_on(failure, self.name, self.arguments, &given);
            result::refusal(self.name, error, lead_on)
        })
    }

    /// Whether it is offered to `who`. The catalog refuses the others by itself; this is about what they see.
    pub(crate) fn is_for(&self, who: &Principal, settings: &Settings) -> bool {
        let may_author = who.may_author();
        match self.name {
            live::SEARCH_TOOLS | live::CALL_TOOL => who.may_call_any(),
            live::RUN_CODE => settings.code_mode && may_author && who.may_call_any(),
            server::CREATE_SERVER => may_author && who.sees_everything(),
            _ if self.effect == Effect::Removes => may_author && (who.is_local() || settings.remote_delete),
            _ => may_author,
        }
    }

    /// The tool as MCP lists it.
    pub(crate) fn listed(&self) -> Tool {
        Tool::new(self.name, self.description, argument::schema(self.arguments)).with_annotations(self.effect.hints())
    }
}

impl Effect {
    fn hints(self) -> ToolAnnotations {
        // What is not said is as MCP assumes: not read-only, destructive, not idempotent, open world.
        let hints = ToolAnnotations::new();
        match self {
            Self::Reads => hints.read_only(true).open_world(false),
            Self::Adds => hints.destructive(false).open_world(false),
            Self::Changes => hints.destructive(false).idempotent(true).open_world(false),
            Self::Removes => hints.idempotent(true).open_world(false),
            Self::Calls => hints.read_only(false),
        }
    }
}
