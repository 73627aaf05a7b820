//! Which records are meant. Every list, count and series understands the same filter.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::Profile,
    ids::{CallId, ServerId, ToolId, VersionId},
    principal::ActorKind,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};

use crate::{
    convert::{Place, actor_kind, text, time},
    entity::calls::{Column, Entity},
    error::StoreError,
    search,
};

/// Which records a list shows; an empty filter shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only of this server.
    pub server: Option<ServerId>,
    /// Only of this tool.
    pub tool: Option<ToolId>,
    /// Only of this version.
    pub version: Option<VersionId>,
    /// Only calls, or only tests.
    pub profile: Option<Profile>,
    /// Only failed ones (true) or only successful ones (false).
    pub failed: Option<bool>,
    /// Only by the actor of this name.
    pub principal: Option<String>,
    /// Only by the human of this name: themselves, or a remote client that acted for them.
    pub human: Option<String>,
    /// Only those that this run of `mcpbox_run_code` made.
    pub parent: Option<CallId>,
    /// Only those that began then or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those that began before.
    pub until: Option<DateTime<Utc>>,
    /// Only the record with this id, or those that have this text in name, actor, arguments, result, prints or failure.
    pub text: Option<String>,
}

/// The records that a filter means.
pub(super) fn select(filter: &CallFilter) -> Result<Select<Entity>, StoreError> {
    Ok(Entity::find().filter(condition(filter)?))
}

/// The same as a condition.
pub(super) fn condition(filter: &CallFilter) -> Result<Condition, StoreError> {
    let profile = filter.profile.map(|profile| Place("calls", "profile").word(&profile)).transpose()?;
    Ok(Condition::all()
        .add_option(filter.server.map(|server| Column::ServerId.eq(server.0)))
        .add_option(filter.tool.map(|tool| Column::ToolId.eq(tool.0)))
        .add_option(filter.version.map(|version| Column::VersionId.eq(version.0)))
        .add_option(profile.map(|profile| Column::Profile.eq(profile)))
        .add_option(filter.principal.as_deref().map(|name| Column::ActorName.eq(text(name))))
        .add_option(filter.human.as_deref().map(by_human))
        .add_option(filter.parent.map(|parent| Column::ParentId.eq(parent.0)))
        .add_option(filter.since.map(|since| Column::StartedAt.gte(time(since))))
        .add_option(filter.until.map(|until| Column::StartedAt.lt(time(until))))
        .add_option(filter.failed.map(|failed| match failed {
            true => Column::FailureKind.is_not_null(),
            false => Column::FailureKind.is_null(),
        }))
        .add_option(filter.text.as_deref().map(mentions)))
}

fn by_human(name: &str) -> Condition {
    let (human, admin) = (text(name), actor_kind(ActorKind::Admin));
    let themselves = Condition::all().add(Column::ActorName.eq(&human)).add(Column::ActorKind.eq(admin));
    Condition::any().add(Column::OnBehalfOf.eq(human)).add(themselves)
}

/// Records that mention a text; a whole id means that one record.
fn mentions(wanted: &str) -> Condition {
    if let Ok(id) = wanted.trim().parse::<CallId>() {
        return Condition::any().add(Column::Id.eq(id.0)).add(Column::ParentId.eq(id.0));
    }
    // A tool is called `server__tool`, and stands as two columns.
    let by_name = wanted.split_once("__").map(|(server, tool)| {
        Condition::all().add(search::holds(Column::ServerName, server)).add(search::holds(Column::ToolName, tool))
    });
    let plain = [Column::ServerName, Column::ToolName, Column::ActorName, Column::OnBehalfOf, Column::Stdout];
    let json = [Column::Arguments, Column::Result, Column::Failure];
    let any = plain.into_iter().fold(Condition::any(), |any, column| any.add(search::holds(column, wanted)));
    let any = json.into_iter().fold(any, |any, column| any.add(search::holds_json(column, wanted)));
    any.add_option(by_name)
}
