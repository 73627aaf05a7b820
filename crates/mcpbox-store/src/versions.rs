//! Versions of tools. Their content is written once; only the review state moves.

mod room;

use mcpbox_core::{
    hash::ContentHash,
    ids::{ToolId, VersionId},
    paging::{Page, PageRequest},
    version::{Content, Version, VersionDecision, VersionState},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::{
    convert::{Place, actor, actor_kind, exact, text, time},
    entity::versions::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

pub use room::{Surplus, bytes, count_since, delete, surplus};

/// Writes a new version.
///
/// # Errors
/// [`StoreError::Conflict`] when the tool has this number, [`StoreError::Missing`] when the tool is gone,
/// [`StoreError::Unstorable`] when a text contains NUL or a schema
/// a number that would not be read back exactly.
pub async fn insert(tx: &Tx, version: &Version) -> Result<(), StoreError> {
    let row = to_row(version)?.into_active_model();
    let write = Entity::insert(row).exec_without_returning(&tx.inner).await;
    write.map_err(StoreError::of_write("a version with this number"))?;
    Ok(())
}

/// Moves a version from `expected_from` to `to`, with the decision that goes with it (none clears an older one); false
/// when it does not stand there.
///
/// # Errors
/// When the database fails.
pub async fn set_state(
    tx: &Tx,
    id: VersionId,
    expected_from: VersionState,
    to: VersionState,
    decision: Option<&VersionDecision>,
) -> Result<bool, StoreError> {
    let by = decision.map(|decision| actor(&decision.by));
    let change = ActiveModel {
        state: Set(Place("versions", "state").word(&to)?),
        decided_by_kind: Set(by.as_ref().map(|by| actor_kind(by.kind))),
        decided_by_name: Set(by.map(|by| by.name)),
        decided_at: Set(decision.map(|decision| time(decision.at))),
        decision_comment: Set(decision.map(|decision| text(&decision.comment))),
        ..ActiveModel::default()
    };
    let from = Place("versions", "state").word(&expected_from)?;
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id.0)).filter(Column::State.eq(from));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// The version with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(connection: &impl Connection, id: VersionId) -> Result<Option<Version>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(Version::try_from).transpose()
}

/// The newest version of a tool, whatever its state.
///
/// # Errors
/// When the database fails.
pub async fn latest(connection: &impl Connection, tool_id: ToolId) -> Result<Option<Version>, StoreError> {
    let newest = Entity::find().filter(Column::ToolId.eq(tool_id.0)).order_by_desc(Column::Number);
    newest.one(&connection.executor()).await?.map(Version::try_from).transpose()
}

/// The newest version of each of these tools (at most 100 of them), in any order.
///
/// # Errors
/// When the database fails.
pub async fn latest_for_tools(connection: &impl Connection, tools: &[ToolId]) -> Result<Vec<Version>, StoreError> {
    let tools: Vec<_> = tools.iter().take(100).map(|id| id.0).collect();
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let highest: Vec<(uuid::Uuid, i32)> = Entity::find()
        .select_only()
        .column(Column::ToolId)
        .column_as(Column::Number.max(), "number")
        .filter(Column::ToolId.is_in(tools))
        .group_by(Column::ToolId)
        .into_tuple()
        .all(&connection.executor())
        .await?;
    let newest = highest.into_iter().fold(Condition::any(), |any, (tool, number)| {
        any.add(Condition::all().add(Column::ToolId.eq(tool)).add(Column::Number.eq(number)))
    });
    paging::convert(Entity::find().filter(newest).all(&connection.executor()).await?)
}

/// The version of a tool with this number.
///
/// # Errors
/// When the database fails.
pub async fn by_number(
    connection: &impl Connection,
    tool_id: ToolId,
    number: u32,
) -> Result<Option<Version>, StoreError> {
    let Ok(number) = i32::try_from(number) else { return Ok(None) };
    let found = Entity::find().filter(Column::ToolId.eq(tool_id.0)).filter(Column::Number.eq(number));
    found.one(&connection.executor()).await?.map(Version::try_from).transpose()
}

/// Versions of a tool that have this content hash, newest first, at most 100: what a restored version is identical to.
///
/// # Errors
/// When the database fails.
pub async fn by_content_hash(
    connection: &impl Connection,
    tool_id: ToolId,
    hash: &ContentHash,
) -> Result<Vec<Version>, StoreError> {
    let found = Entity::find().filter(Column::ToolId.eq(tool_id.0)).filter(Column::ContentHash.eq(hash.as_str()));
    let rows = found.order_by_desc(Column::Number).limit(100).all(&connection.executor()).await?;
    paging::convert(rows)
}

/// Versions of all tools that stand there, by id, those after `after`, at most 200.
///
/// # Errors
/// When the database fails.
pub async fn in_state(
    connection: &impl Connection,
    state: VersionState,
    after: Option<VersionId>,
) -> Result<Vec<Version>, StoreError> {
    let mut select = Entity::find().filter(Column::State.eq(Place("versions", "state").word(&state)?));
    if let Some(after) = after {
        select = select.filter(Column::Id.gt(after.0));
    }
    paging::convert(select.order_by_asc(Column::Id).limit(200).all(&connection.executor()).await?)
}

/// Versions of a tool, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    tool_id: ToolId,
    page: PageRequest,
) -> Result<Page<Version>, StoreError> {
    let select = Entity::find().filter(Column::ToolId.eq(tool_id.0)).order_by_desc(Column::Number);
    paging::page(&connection.executor(), select, page).await
}

/// The number that the tool's next version gets. Holds until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn next_number(tx: &Tx, tool_id: ToolId) -> Result<u32, StoreError> {
    let select = Entity::find().select_only().column_as(Column::Number.max(), "number");
    let highest: Option<Option<i32>> = select.filter(Column::ToolId.eq(tool_id.0)).into_tuple().one(&tx.inner).await?;
    number(highest.flatten().unwrap_or(0)).map(|highest| highest + 1)
}

fn number(value: i32) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|error| Place("versions", "number").corrupt(error))
}

fn to_row(version: &Version) -> Result<Model, StoreError> {
    let Content { name, description, code, input_schema, output_schema, capabilities } = &version.content;
    let number = |value: u32| i32::try_from(value).map_err(|error| Place("versions", "number").corrupt(error));
    let created_by = actor(&version.created_by);
    let decision = version.decision.as_ref();
    let decided_by = decision.map(|decision| actor(&decision.by));
    let mut row = Model {
        id: version.id.0,
        tool_id: version.tool_id.0,
        number: number(version.number)?,
        name: name.as_str().to_owned(),
        description: exact("the description", description)?,
        code: exact("the code", code)?,
        input_schema: Place("versions", "input_schema").exact_json_text("the input schema", input_schema)?,
        output_schema: output_schema
            .as_ref()
            .map(|schema| Place("versions", "output_schema").exact_json_text("the output schema", schema))
            .transpose()?,
        capabilities: Place("versions", "capabilities").json(capabilities)?,
        content_hash: version.content_hash.0.clone(),
        state: Place("versions", "state").word(&version.state)?,
        restored_from: version.restored_from.map(number).transpose()?,
        created_by_kind: actor_kind(created_by.kind),
        created_by_name: created_by.name,
        created_at: time(version.created_at),
        decided_by_kind: decided_by.as_ref().map(|by| actor_kind(by.kind)),
        decided_by_name: decided_by.map(|by| by.name),
        decided_at: decision.map(|decision| time(decision.at)),
        decision_comment: decision.map(|decision| text(&decision.comment)),
        bytes: 0,
    };
    let texts = [&row.code, &row.description, &row.input_schema].into_iter().chain(&row.output_schema);
    row.bytes = i64::try_from(texts.map(String::len).sum::<usize>()).unwrap_or(i64::MAX);
    Ok(row)
}

impl TryFrom<Model> for Version {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let schema = |column, text: String| Place("versions", column).parse_json_text(&text);
        let decided_by =
            Place("versions", "decided_by_kind").parse_actor_option(row.decided_by_kind, row.decided_by_name)?;
        let decision = decided_by.zip(row.decided_at).map(|(by, at)| VersionDecision {
            by,
            at,
            comment: row.decision_comment.unwrap_or_default(),
        });
        Ok(Self {
            id: VersionId(row.id),
            tool_id: ToolId(row.tool_id),
            number: number(row.number)?,
            content: Content {
                name: Place("versions", "name").parse_word(row.name)?,
                description: row.description,
                code: row.code,
                input_schema: schema("input_schema", row.input_schema)?,
                output_schema: row.output_schema.map(|text| schema("output_schema", text)).transpose()?,
                capabilities: Place("versions", "capabilities").parse_json(row.capabilities)?,
            },
            content_hash: ContentHash(row.content_hash),
            state: Place("versions", "state").parse_word(row.state)?,
            restored_from: row.restored_from.map(number).transpose()?,
            created_by: Place("versions", "created_by_kind").parse_actor(row.created_by_kind, row.created_by_name)?,
            created_at: row.created_at,
            decision,
        })
    }
}
