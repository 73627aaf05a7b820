//! Restoring a backup into an empty database, in one transaction: the schema it was written with, its rows, the checks, and
//! then the migrations that came since.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, PaginatorTrait,
    sea_query::{Alias, Query, SimpleExpr},
};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{
    BackupError, Header, Line, Manifest, TableManifest,
    read::{Input, Lines},
    seal_place,
    tables::{LEFT_OUT, NAMES},
    value::Kind,
};
use crate::{
    entity::key_check,
    error::StoreError,
    keyring::Keyring,
    keys,
    meter::Meter,
    migration,
    open::{self, Location},
    store::{Inner, Store, Tx},
};

/// Values in one statement: SQLite takes at most 32,766.
const VALUES_MAX: usize = 8_000;
/// Rows in one statement.
const ROWS_MAX: usize = 100;

/// A restored database that is not committed yet, to be looked at before it counts.
#[derive(Debug)]
pub struct Restoring {
    /// What was restored, as the transaction sees it.
    pub tx: Tx,
    /// What stood first in the backup.
    pub header: Header,
    /// What stood last.
    pub manifest: Manifest,
    store: Store,
}

impl Restoring {
    /// Restores `input` into an empty database, or, with `replace`, in place of all that PostgreSQL has. An empty SQLite file
    /// is made. Nothing counts until [`Restoring::commit`].
    ///
    /// # Errors
    /// [`BackupError::NotEmpty`], [`BackupError::Damaged`], [`BackupError::Forged`]; [`StoreError::WrongKey`] when `keyring` is
    /// not the key of the backup.
    pub async fn begin(
        mut input: Input<'_>,
        location: &Location,
        replace: bool,
        keyring: &Keyring,
    ) -> Result<Self, BackupError> {
        let (writer, reader) = open::connections(location).await?;
        let tx = open::begin_alone(&writer).await?;
        if migration::is_there(&tx).await? {
            if !replace {
                return Err(BackupError::NotEmpty { location: location.to_string() });
            }
            drop_all(&tx).await?;
        }
        migration::apply_first(&tx, input.header().migrations.len()).await?;
        let manifest = read_tables(&tx, &mut input.lines).await?;
        migration::apply(&tx).await?;
        // A backup without its check value would take any key, and make a new one.
        if key_check::Entity::find().count(&tx).await.map_err(StoreError::from)? == 0 {
            return Err(input.lines.damaged("the check value of the key is missing"));
        }
        let sealer = keys::open(&tx, keyring).await?;
        let header = input.header().clone();
        check_seal(&sealer, &header, &manifest)?;
        restart_sequences(&tx).await?;
        let store = Store(Arc::new(Inner { writer, reader, sealer, meter: Meter::new() }));
        Ok(Self { tx: Tx::of(tx, &store), header, manifest, store })
    }

    /// Makes it count.
    ///
    /// # Errors
    /// The database cannot be written; nothing was, then.
    pub async fn commit(self) -> Result<Store, StoreError> {
        self.tx.commit().await?;
        Ok(self.store)
    }
}

async fn drop_all(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    for table in NAMES.iter().chain(&LEFT_OUT).chain(&[migration::TABLE]) {
        let cascade = if tx.get_database_backend() == DbBackend::Postgres { " CASCADE" } else { "" };
        tx.execute_unprepared(&format!("DROP TABLE IF EXISTS \"{table}\"{cascade}")).await?;
    }
    Ok(())
}

/// Numbers that the database gives out go on after those that were restored.
async fn restart_sequences(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let next = "SELECT setval(pg_get_serial_sequence('notices', 'sequence'), \
                    (SELECT COALESCE(MAX(sequence), 0) + 1 FROM notices), false)";
        tx.execute_unprepared(next).await?;
    }
    Ok(())
}

fn check_seal(sealer: &crate::seal::Sealer, header: &Header, manifest: &Manifest) -> Result<(), BackupError> {
    let sealed = hex::decode(&manifest.seal).map_err(|_| BackupError::Forged)?;
    let opened = sealer.unseal(seal_place(&header.id), &sealed).map_err(|_| BackupError::Forged)?;
    if opened.as_slice() == manifest.sha256.as_bytes() { Ok(()) } else { Err(BackupError::Forged) }
}

/// Reads tables until the manifest, and holds what was read against it.
async fn read_tables(tx: &DatabaseTransaction, lines: &mut Lines<'_>) -> Result<Manifest, BackupError> {
    let mut open: Option<Table> = None;
    let mut done: Vec<TableManifest> = Vec::new();
    loop {
        let Some(text) = lines.next()? else { return Err(lines.damaged("its end is missing")) };
        if text.first() == Some(&b'[') {
            let Some(table) = &mut open else { return Err(lines.damaged("a row without a table")) };
            let added = table.add(text);
            added.map_err(|reason| lines.damaged(reason))?;
            table.flush_if_full(tx).await?;
            continue;
        }
        let line = serde_json::from_slice::<Line>(text);
        if let Some(table) = open.take() {
            done.push(table.finish(tx).await?);
        }
        match line.map_err(|error| lines.damaged(error))? {
            Line::Table { name, columns } => open = Some(Table::new(name, columns).map_err(|r| lines.damaged(r))?),
            Line::Manifest(manifest) => {
                if manifest.tables != done || manifest.sha256 != lines.hash_before() {
                    return Err(lines.damaged("what was read is not what was written"));
                }
                return match lines.next()? {
                    None => Ok(manifest),
                    Some(_) => Err(lines.damaged("something follows its end")),
                };
            }
            Line::Header(_) | Line::Key(_) => return Err(lines.damaged("this stands at the front of a backup only")),
        }
    }
}

/// A table whose rows are being read.
struct Table {
    columns: Vec<(String, Kind)>,
    waiting: Vec<Vec<SimpleExpr>>,
    hash: Sha256,
    read: TableManifest,
}

impl Table {
    fn new(name: String, columns: Vec<(String, Kind)>) -> Result<Self, String> {
        if !NAMES.contains(&name.as_str()) {
            return Err(format!("there is no table {name:?}"));
        }
        if columns.is_empty() {
            return Err(format!("table {name} has no columns"));
        }
        let read = TableManifest { name, rows: 0, sha256: String::new() };
        Ok(Self { columns, waiting: Vec::new(), hash: Sha256::new(), read })
    }

    fn add(&mut self, text: &[u8]) -> Result<(), String> {
        let values: Vec<Json> = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if values.len() != self.columns.len() {
            return Err(format!("{} values for {} columns", values.len(), self.columns.len()));
        }
        let mut row = Vec::with_capacity(values.len());
        for (json, (name, kind)) in values.into_iter().zip(&self.columns) {
            let value = kind.parse(json).ok_or_else(|| format!("column {name} holds something unexpected"))?;
            row.push(SimpleExpr::Value(value));
        }
        self.hash.update(text);
        self.hash.update(b"\n");
        self.read.rows += 1;
        self.waiting.push(row);
        Ok(())
    }

    async fn flush_if_full(&mut self, tx: &DatabaseTransaction) -> Result<(), BackupError> {
        if self.waiting.len() >= ROWS_MAX.min(VALUES_MAX / self.columns.len()).max(1) {
            self.flush(tx).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, tx: &DatabaseTransaction) -> Result<(), BackupError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(Alias::new(&self.read.name)).columns(self.columns.iter().map(|(name, _)| Alias::new(name)));
        for row in self.waiting.drain(..) {
            let added = insert.values(row);
            added.map_err(|error| BackupError::Damaged { line: 0, reason: error.to_string() })?;
        }
        let done = tx.execute(&insert).await;
        done.map_err(|error| {
            tracing::debug!(%error, table = self.read.name, "rows of a backup were refused");
            StoreError::from(error)
        })?;
        Ok(())
    }

    async fn finish(mut self, tx: &DatabaseTransaction) -> Result<TableManifest, BackupError> {
        self.flush(tx).await?;
        self.read.sha256 = hex::encode(self.hash.finalize());
        Ok(self.read)
    }
}
