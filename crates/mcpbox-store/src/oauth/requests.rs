//! Authorization requests, found by their id, or by the hash of the code that came of them.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{AuthorizationId, AuthorizationRequestId},
    oauth::{AuthorizationRequest, RequestState},
    token::TokenHash,
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, Order, QueryFilter, QueryOrder, QuerySelect, Set, UpdateMany,
    sea_query::NullOrdering,
};

use crate::{
    convert::{Place, text, time},
    entity::oauth_requests::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    paging,
    store::{Connection, Tx},
};

/// Waiting requests that a list shows.
const SHOWN_MAX: u64 = 100;

const KIND: Place = Place("oauth_requests", "client_kind");
const SCOPES: Place = Place("oauth_requests", "scopes");
pub(super) const PROGRESS: Place = Place("oauth_requests", "progress");

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Step<'a> {
    /// A human allows it, with these scopes.
    Approve {
        /// Who.
        subject: &'a str,
        /// What the client gets.
        scopes: &'a [mcpbox_core::principal::Scope],
    },
    /// A human refuses it.
    Deny,
    /// A code goes out.
    Code {
        /// Hash of the code.
        hash: &'a TokenHash,
        /// When the code ends.
        expires_at: DateTime<Utc>,
    },
    /// The code was exchanged. The row stays until `expires_at`, to know the code when it comes again.
    Redeem {
        /// What came of it.
        authorization_id: AuthorizationId,
        /// When the row may go.
        expires_at: DateTime<Utc>,
    },
}

/// Writes a new request, which only the browser that shows the secret behind `browser` may see.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, request: &AuthorizationRequest, browser: &TokenHash) -> Result<(), StoreError> {
    let row = Model {
        id: request.id.0,
        browser_hash: browser.as_str().to_owned(),
        client_id: text(&request.client_id),
        client_kind: KIND.word(&request.client_kind)?,
        client_name: text(&request.client_name),
        redirect_uri: text(&request.redirect_uri),
        state: request.state.as_deref().map(text),
        code_challenge: text(&request.code_challenge),
        scopes: SCOPES.json(&request.scopes)?,
        user_code: request.user_code.clone(),
        origin: text(&request.origin),
        progress: PROGRESS.word(&request.progress)?,
        subject: request.subject.as_deref().map(text),
        code_hash: None,
        authorization_id: request.authorization_id.map(|id| id.0),
        created_at: time(request.created_at),
        expires_at: time(request.expires_at),
        looked_at: request.looked_at.map(time),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(&tx.inner).await?;
    Ok(())
}

/// The request with this id, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_id(
    connection: &impl Connection,
    id: AuthorizationRequestId,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    Entity::find_by_id(id.0).one(&connection.executor()).await?.map(AuthorizationRequest::try_from).transpose()
}

/// The request of the browser that knows this secret.
///
/// # Errors
/// When the database fails.
pub async fn of_browser(
    connection: &impl Connection,
    id: AuthorizationRequestId,
    browser: &TokenHash,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let select = Entity::find_by_id(id.0).filter(Column::BrowserHash.eq(browser.as_str()));
    select.one(&connection.executor()).await?.map(AuthorizationRequest::try_from).transpose()
}

/// The request that this code came of, expired or not.
///
/// # Errors
/// When the database fails.
pub async fn by_code(
    connection: &impl Connection,
    code: &TokenHash,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let found = Entity::find().filter(Column::CodeHash.eq(code.as_str())).one(&connection.executor()).await?;
    found.map(AuthorizationRequest::try_from).transpose()
}

/// Requests that wait for a human, the newest first, at most 100: those whose page somebody looks at before all others.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    connection: &impl Connection,
    now: DateTime<Utc>,
) -> Result<Vec<AuthorizationRequest>, StoreError> {
    let select = Entity::find()
        .filter(Column::Progress.eq(PROGRESS.word(&RequestState::Waiting)?))
        .filter(Column::ExpiresAt.gt(time(now)))
        .order_by_with_nulls(Column::LookedAt, Order::Desc, NullOrdering::Last)
        .order_by_desc(Column::CreatedAt);
    let mut rows = select.limit(SHOWN_MAX).all(&connection.executor()).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.created_at));
    paging::convert(rows)
}

/// Forgets the requests that somebody allowed and whose client has not come for its tokens yet.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_subject(tx: &Tx, subject: &str) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Subject.eq(subject)).exec(&tx.inner).await?;
    Ok(())
}

/// Takes a request from `from` one step on; false when it is not there any more.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    tx: &Tx,
    id: AuthorizationRequestId,
    from: RequestState,
    step: Step<'_>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel::default();
    let progress = match step {
        Step::Approve { subject, scopes } => {
            change.subject = Set(Some(text(subject)));
            change.scopes = Set(SCOPES.json(&scopes)?);
            RequestState::Approved
        }
        Step::Deny => RequestState::Denied,
        Step::Code { hash, expires_at } => {
            change.code_hash = Set(Some(hash.as_str().to_owned()));
            change.expires_at = Set(time(expires_at));
            RequestState::Coded
        }
        Step::Redeem { authorization_id, expires_at } => {
            change.authorization_id = Set(Some(authorization_id.0));
            change.expires_at = Set(time(expires_at));
            RequestState::Redeemed
        }
    };
    change.progress = Set(PROGRESS.word(&progress)?);
    let update: UpdateMany<Entity> = Entity::update_many().set(change).filter(Column::Id.eq(id.0));
    let update = update.filter(Column::Progress.eq(PROGRESS.word(&from)?));
    Ok(update.exec(&tx.inner).await?.rows_affected > 0)
}

/// Forgets requests that have ended; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let delete = Entity::delete_many().filter(Column::ExpiresAt.lte(time(now)));
    Ok(delete.exec(&tx.inner).await?.rows_affected)
}

impl TryFrom<Model> for AuthorizationRequest {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: AuthorizationRequestId(row.id),
            client_id: row.client_id,
            client_kind: KIND.parse_word(row.client_kind)?,
            client_name: row.client_name,
            redirect_uri: row.redirect_uri,
            state: row.state,
            code_challenge: row.code_challenge,
            scopes: SCOPES.parse_scopes(row.scopes)?,
            user_code: row.user_code,
            origin: row.origin,
            progress: PROGRESS.parse_word(row.progress)?,
            subject: row.subject,
            authorization_id: row.authorization_id.map(AuthorizationId),
            created_at: row.created_at,
            expires_at: row.expires_at,
            looked_at: row.looked_at,
        })
    }
}
