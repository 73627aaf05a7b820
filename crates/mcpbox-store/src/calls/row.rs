//! Between a record and its row.

use mcpbox_core::{
    call::CallRecord,
    ids::{CallId, ServerId, ToolId, VersionId},
    principal::Actor,
};

use crate::{
    convert::{Place, actor_in_full, actor_kind, text, time},
    entity::calls::Model,
    error::StoreError,
};

/// The record as its row.
pub(super) fn to_row(record: &CallRecord) -> Result<Model, StoreError> {
    let actor = actor_in_full(&record.actor);
    let failure = record.failure.as_ref();
    let mut row = Model {
        id: record.id.0,
        server_id: record.server_id.0,
        server_name: text(&record.server_name),
        tool_id: record.tool_id.0,
        tool_name: text(&record.tool_name),
        version_id: record.version_id.0,
        profile: Place("calls", "profile").word(&record.profile)?,
        actor_kind: actor_kind(actor.kind),
        actor_name: actor.name,
        on_behalf_of: actor.on_behalf_of,
        arguments: Place("calls", "arguments").json_text(&record.arguments)?,
        result: Place("calls", "result").json_text(&record.result)?,
        stdout: text(&record.stdout),
        failure_kind: failure.map(|failure| failure.kind.as_str().to_owned()),
        failure: failure.map(|failure| Place("calls", "failure").json_text(failure)).transpose()?,
        observed: Place("calls", "observed").json_text(&record.observed)?,
        duration_us: i64::try_from(record.observed.duration_us).unwrap_or(i64::MAX),
        started_at: time(record.started_at),
        logs: Place("calls", "logs").json_text(&record.logs)?,
        trial: record.trial.as_ref().map(|trial| Place("calls", "trial").json_text(trial)).transpose()?,
        is_example: record.trial.as_ref().is_some_and(|trial| trial.is_example),
        parent_id: record.parent_id.map(|parent| parent.0),
        bytes: 0,
    };
    let texts = [&row.arguments, &row.result, &row.stdout, &row.logs, &row.observed];
    let bytes = texts.into_iter().chain(&row.failure).chain(&row.trial).map(String::len).sum::<usize>();
    row.bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    Ok(row)
}

impl TryFrom<Model> for CallRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let actor = Place("calls", "actor_kind").parse_actor(row.actor_kind, row.actor_name)?;
        Ok(Self {
            id: CallId(row.id),
            server_id: ServerId(row.server_id),
            server_name: row.server_name,
            tool_id: ToolId(row.tool_id),
            tool_name: row.tool_name,
            version_id: VersionId(row.version_id),
            profile: Place("calls", "profile").parse_word(row.profile)?,
            actor: Actor { on_behalf_of: row.on_behalf_of, ..actor },
            arguments: Place("calls", "arguments").parse_json_text(&row.arguments)?,
            result: Place("calls", "result").parse_json_text(&row.result)?,
            stdout: row.stdout,
            failure: row.failure.map(|text| Place("calls", "failure").parse_json_text(&text)).transpose()?,
            observed: Place("calls", "observed").parse_json_text(&row.observed)?,
            started_at: row.started_at,
            logs: Place("calls", "logs").parse_json_text(&row.logs)?,
            trial: row.trial.map(|text| Place("calls", "trial").parse_json_text(&text)).transpose()?,
            parent_id: row.parent_id.map(CallId),
        })
    }
}
