//! The audit chain. Rows carry the hash of the one before; the end of the chain also stands, encrypted, in
//! `audit_head`, so that rows cut off the end show as well. Rows are never changed and never deleted.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    audit::{AuditEntry, AuditEvent, GENESIS},
    ids::AuditId,
    paging::{LogPage, LogRequest, Page, PageRequest},
    principal::{Actor, ActorKind},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::OnConflict,
};

use crate::{
    convert::{Place, actor_in_full, actor_kind, text, time},
    entity::{
        audit_events::{Column, Entity, Model},
        audit_head,
    },
    error::StoreError,
    paging,
    seal::{SealedAt, Sealer},
    search::{self, starts_with},
    store::{Connection, Tx, at_one_moment, sealed::Connection as _},
};

const HEAD_ROW: i32 = 1;
/// Rows checked at a time.
const VERIFY_BATCH: u64 = 500;

/// Which events a list shows; an empty filter shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only by the actor of this name.
    pub actor: Option<String>,
    /// Only by the human of this name: themselves, or a remote client that acted for them.
    pub human: Option<String>,
    /// Only actions that start so: `tool.` or `tool.create`.
    pub action: Option<String>,
    /// Only on this subject.
    pub subject: Option<String>,
    /// Only then or later.
    pub since: Option<DateTime<Utc>>,
    /// Only before.
    pub until: Option<DateTime<Utc>>,
    /// Only those that have this text in actor, action, subject or detail.
    pub text: Option<String>,
}

/// What became of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainCheck {
    /// All rows are as they were written.
    Intact {
        /// How many.
        rows: u64,
    },
    /// Something was changed, removed or added.
    Broken {
        /// The first row that is wrong or missing.
        sequence: i64,
    },
}

/// Appends an event to the chain, in the transaction of what it tells about.
///
/// # Errors
/// [`StoreError::AuditHead`] when the chain's end was changed from outside.
pub async fn append(tx: &Tx, entry: AuditEntry, now: DateTime<Utc>) -> Result<AuditEvent, StoreError> {
    let (sequence, previous_hash) = match head(&tx.inner, tx.sealer()).await? {
        Some(head) => head,
        None if Entity::find().count(&tx.inner).await? > 0 => return Err(StoreError::AuditHead),
        None => (0, GENESIS.to_owned()),
    };
    let mut event = AuditEvent {
        sequence: sequence + 1,
        id: AuditId::generate(),
        at: time(now),
        actor: actor_in_full(&entry.actor),
        action: entry.action.to_owned(),
        subject: text(&entry.subject),
        detail: entry.detail,
        previous_hash,
        hash: String::new(),
    };
    event.hash = event.expected_hash();
    Entity::insert(to_row(&event)?.into_active_model()).exec_without_returning(&tx.inner).await?;
    write_head(tx, &event).await?;
    Ok(event)
}

/// Events, newest first, in pages.
///
/// # Errors
/// When the database fails.
pub async fn list(
    connection: &impl Connection,
    filter: &AuditFilter,
    page: PageRequest,
) -> Result<Page<AuditEvent>, StoreError> {
    let select = Entity::find().filter(condition(filter)).order_by_desc(Column::Sequence);
    paging::page(&connection.executor(), select, page).await
}

/// Events, newest first; the place of an event is its sequence. Those that are written meanwhile move none of the older ones.
///
/// # Errors
/// When the database fails.
pub async fn log(
    connection: &impl Connection,
    filter: &AuditFilter,
    request: LogRequest<i64>,
) -> Result<LogPage<AuditEvent>, StoreError> {
    let older = request.older_than.map(|sequence| Column::Sequence.lt(sequence));
    let select = Entity::find().filter(condition(filter).add_option(older)).order_by_desc(Column::Sequence);
    let rows = paging::convert(select.limit(request.limit + 1).all(&connection.executor()).await?)?;
    Ok(LogPage::of(rows, request.limit, |event: &AuditEvent| event.sequence.to_string()))
}

fn condition(filter: &AuditFilter) -> Condition {
    Condition::all()
        .add_option(filter.actor.as_deref().map(|actor| Column::ActorName.eq(text(actor))))
        .add_option(filter.human.as_deref().map(|human| {
            let (human, admin) = (text(human), actor_kind(ActorKind::Admin));
            let themselves = Condition::all().add(Column::ActorName.eq(&human)).add(Column::ActorKind.eq(admin));
            Condition::any().add(Column::OnBehalfOf.eq(human)).add(themselves)
        }))
        .add_option(filter.action.as_deref().map(|action| Column::Action.like(starts_with(action))))
        .add_option(filter.subject.as_deref().map(|subject| Column::Subject.eq(text(subject))))
        .add_option(filter.since.map(|since| Column::At.gte(time(since))))
        .add_option(filter.until.map(|until| Column::At.lt(time(until))))
        .add_option(filter.text.as_deref().map(|wanted| {
            let plain = [Column::ActorName, Column::OnBehalfOf, Column::Action, Column::Subject];
            let any = plain.into_iter().fold(Condition::any(), |any, column| any.add(search::holds(column, wanted)));
            any.add(search::holds_json(Column::Detail, wanted))
        }))
}

/// Events after `after` whose action starts with one of `actions`, oldest first, at most 500.
///
/// # Errors
/// When the database fails.
pub async fn walk(
    connection: &impl Connection,
    actions: &[&str],
    since: Option<DateTime<Utc>>,
    after: i64,
) -> Result<Vec<AuditEvent>, StoreError> {
    let wanted = actions.iter().fold(Condition::any(), |any, action| any.add(Column::Action.like(starts_with(action))));
    let mut select = Entity::find().filter(Column::Sequence.gt(after)).filter(wanted);
    if let Some(since) = since {
        select = select.filter(Column::At.gte(time(since)));
    }
    let rows = select.order_by_asc(Column::Sequence).limit(VERIFY_BATCH).all(&connection.executor()).await?;
    paging::convert(rows)
}

/// Checks the whole chain, as it is at one moment, from its first row to its recorded end.
///
/// # Errors
/// When the database fails. A broken chain is an answer, not an error.
pub async fn verify(connection: &impl Connection) -> Result<ChainCheck, StoreError> {
    let moment = at_one_moment(connection).await?;
    let mut last: Option<AuditEvent> = None;
    loop {
        let checked = last.as_ref().map_or(0, |event| event.sequence);
        let select = Entity::find().filter(Column::Sequence.gt(checked)).order_by_asc(Column::Sequence);
        let rows = select.limit(VERIFY_BATCH).all(&moment).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            match AuditEvent::try_from(row) {
                Ok(event) if event.follows(last.as_ref()) => last = Some(event),
                _ => return Ok(ChainCheck::Broken { sequence: sequence(&last) + 1 }),
            }
        }
    }
    let end = match head(&moment, connection.sealer()).await {
        Err(StoreError::AuditHead) => None,
        end => end?,
    };
    Ok(compare(end, &last))
}

/// Compares the recorded end of the chain with its last row.
fn compare(end: Option<(i64, String)>, last: &Option<AuditEvent>) -> ChainCheck {
    let rows = sequence(last);
    match (end, last) {
        (Some((recorded, hash)), Some(event)) if recorded == rows && hash != event.hash => {
            ChainCheck::Broken { sequence: rows }
        }
        (Some((recorded, _)), _) if recorded != rows => ChainCheck::Broken { sequence: recorded.min(rows) + 1 },
        (None, Some(_)) => ChainCheck::Broken { sequence: rows + 1 },
        _ => ChainCheck::Intact { rows: rows.unsigned_abs() },
    }
}

fn sequence(event: &Option<AuditEvent>) -> i64 {
    event.as_ref().map_or(0, |event| event.sequence)
}

pub(crate) fn place() -> SealedAt<'static> {
    SealedAt { table: "audit_head", column: "sealed", row: &HEAD_ROW }
}

/// The recorded end of the chain: sequence and hash of its last row.
async fn head(executor: &impl ConnectionTrait, sealer: &Sealer) -> Result<Option<(i64, String)>, StoreError> {
    let Some(row) = audit_head::Entity::find_by_id(HEAD_ROW).one(executor).await? else { return Ok(None) };
    let opened = sealer.unseal(place(), &row.sealed).map_err(|_| StoreError::AuditHead)?;
    serde_json::from_slice(&opened).map(Some).map_err(|_| StoreError::AuditHead)
}

async fn write_head(tx: &Tx, event: &AuditEvent) -> Result<(), StoreError> {
    let head = Place("audit_head", "sealed").json_text(&(event.sequence, &event.hash))?;
    let sealed = tx.sealer().seal(place(), head.as_bytes());
    let sealed = sealed.map_err(|source| StoreError::Seal { place: place().to_string(), source })?;
    let replace = OnConflict::column(audit_head::Column::Id).update_column(audit_head::Column::Sealed).to_owned();
    let row = audit_head::Model { id: HEAD_ROW, sealed }.into_active_model();
    audit_head::Entity::insert(row).on_conflict(replace).exec_without_returning(&tx.inner).await?;
    Ok(())
}

fn to_row(event: &AuditEvent) -> Result<Model, StoreError> {
    Ok(Model {
        sequence: event.sequence,
        id: event.id.0,
        at: event.at,
        actor_kind: actor_kind(event.actor.kind),
        actor_name: event.actor.name.clone(),
        on_behalf_of: event.actor.on_behalf_of.clone(),
        action: event.action.clone(),
        subject: event.subject.clone(),
        detail: Place("audit_events", "detail").exact_json_text("the detail of an audit event", &event.detail)?,
        previous_hash: event.previous_hash.clone(),
        hash: event.hash.clone(),
    })
}

impl TryFrom<Model> for AuditEvent {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let actor = Place("audit_events", "actor_kind").parse_actor(row.actor_kind, row.actor_name)?;
        Ok(Self {
            sequence: row.sequence,
            id: AuditId(row.id),
            at: row.at,
            actor: Actor { on_behalf_of: row.on_behalf_of, ..actor },
            action: row.action,
            subject: row.subject,
            detail: Place("audit_events", "detail").parse_json_text(&row.detail)?,
            previous_hash: row.previous_hash,
            hash: row.hash,
        })
    }
}
