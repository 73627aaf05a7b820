//! Hearing what other processes on the same PostgreSQL did. On SQLite there is no other process to hear.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, RuntimeErr, Statement,
    sqlx::{self, postgres::PgListener},
};

use crate::{
    error::StoreError,
    store::{Store, Tx},
};

/// Channel of changes: the payload is empty, the outbox tells.
pub(crate) const CHANGES: &str = "mcpbox_outbox";
/// Channel of what passes by and is kept nowhere; the payload tells it.
const NEWS: &str = "mcpbox_news";
/// What a channel is called besides: channels belong to a database, and other installations may have schemas of their own in it.
const OF_SCHEMA: &str = "'_' || hashtextextended(current_schema(), 0)";
/// Longest payload that PostgreSQL takes, less a reserve, bytes.
pub const PAYLOAD_MAX: usize = 7_500;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Changes were committed, by this process or another: the outbox tells which.
    Changes,
    /// What somebody told with [`announce`].
    News(String),
    /// The connection was lost and is there again. What was said meanwhile is not repeated.
    Again,
}

/// A connection that only listens.
pub struct Listener(PgListener);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Store {
    /// Whether other processes may work on the same database.
    pub fn is_shared(&self) -> bool {
        self.0.reader.get_database_backend() == DbBackend::Postgres
    }

    /// Begins to listen, on a connection of its own. What is said before this returns is not heard. None on SQLite.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        let asked = Statement::from_string(DbBackend::Postgres, format!("SELECT {OF_SCHEMA}"));
        let row =
            self.0.reader.query_one_raw(asked).await?.ok_or_else(|| DbErr::RecordNotFound("a schema".to_owned()))?;
        let ours: String = row.try_get_by_index(0)?;
        let options = Arc::unwrap_or_clone(self.0.reader.get_postgres_connection_pool().connect_options());
        let pool = sqlx::pool::PoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let mut listener = PgListener::connect_with(&pool.connect_lazy_with(options)).await.map_err(failed)?;
        let channels = [CHANGES, NEWS].map(|name| format!("{name}{ours}"));
        listener.listen_all(channels.iter().map(String::as_str)).await.map_err(failed)?;
        Ok(Some(Listener(listener)))
    }
}

impl Listener {
    /// Waits for the next thing that is said.
    ///
    /// # Errors
    /// The database cannot be reached; listen anew after a moment.
    pub async fn next(&mut self) -> Result<Heard, StoreError> {
        let Some(notification) = self.0.try_recv().await.map_err(failed)? else { return Ok(Heard::Again) };
        Ok(if notification.channel().starts_with(NEWS) {
            Heard::News(notification.payload().to_owned())
        } else {
            Heard::Changes
        })
    }
}

/// Tells all processes on the database, once `tx` commits: at most [`PAYLOAD_MAX`] bytes. Nothing on SQLite.
///
/// # Errors
/// When the database fails.
pub async fn announce(tx: &Tx, news: &str) -> Result<(), StoreError> {
    notify(tx, NEWS, news).await
}

/// Says it on a channel of this schema, once `tx` commits. Nothing on SQLite.
pub(crate) async fn notify(tx: &Tx, channel: &str, payload: &str) -> Result<(), StoreError> {
    if tx.inner.get_database_backend() == DbBackend::Postgres {
        let sql = format!("SELECT pg_notify($1 || {OF_SCHEMA}, $2)");
        let said = [channel.into(), payload.into()];
        tx.inner.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, said)).await?;
    }
    Ok(())
}

fn failed(error: sqlx::Error) -> StoreError {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))).into()
}
