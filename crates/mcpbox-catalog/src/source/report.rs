//! What is told of a source that was added, and what humans do next.

use mcpbox_core::{
    grant::GrantState,
    ids::SourceId,
    server::Server,
    source::{ExternalSource, SourceAuth, SourceRule},
};
use serde::Serialize;
use serde_json::json;

use super::find;
use crate::{Catalog, NextStep};

/// A source that was added.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceReport {
    /// Its id.
    pub source_id: SourceId,
    /// Its server.
    pub server: String,
    /// Its name, where it is, and who we are there.
    #[serde(flatten)]
    pub rule: SourceRule,
    /// Whether it may be reached.
    pub access: GrantState,
    /// Where a human decides.
    pub decide_at: String,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// What is told of `source`.
pub(super) fn report(
    cat: &Catalog,
    server: &Server,
    source: ExternalSource,
    access: GrantState,
    has_value: bool,
) -> SourceReport {
    let page = find::page(cat, server);
    let mut next = Vec::new();
    match access {
        GrantState::Approved => {}
        GrantState::Rejected => next.push(NextStep::human(
            format!("a human refused it; ask them at {page} whether they see it otherwise now"),
            page.clone(),
        )),
        _ => next.push(NextStep::human(
            format!("ask the human to let it be reached at {page}; a yes in the chat does not count"),
            page.clone(),
        )),
    }
    if !has_value && let Some(key) = source.rule().secrets().first() {
        let secrets = cat.admin_page(&format!("servers/{}", server.id));
        let step = format!("ask the human to set the value of {key} at {secrets}; never ask for it in the chat");
        next.push(NextStep::human(step, secrets));
    }
    if source.rule().auth == SourceAuth::Oauth {
        let step =
            format!("then ask the human to log in to it at {page}; nobody else can, and no token belongs in the chat");
        next.push(NextStep::human(step, page.clone()));
    }
    next.push(NextStep::call(
        "then see what it offers",
        "mcpbox_discover_external_tools",
        json!({"source_id": format!("{}/{}", server.name, source.name)}),
    ));
    SourceReport {
        source_id: source.id,
        server: server.name.to_string(),
        rule: source.rule(),
        access,
        decide_at: page,
        next,
    }
}
