//! Writing a backup: every table, page by page, from one read transaction.

use std::io::Write;

use chrono::{DateTime, Utc};
use mcpbox_core::ids::SecretId;
use sea_orm::{
    ColumnTrait, DatabaseExecutor, EntityTrait, Iterable, ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    BackupError, FORMAT, FORMAT_VERSION, Header, Line, Manifest, TableManifest, seal_place,
    tables::each_table,
    value::{self, Kind},
};
use crate::{
    entity,
    error::StoreError,
    keyring::Keyring,
    migration,
    store::{Moment, Store, sealed::Connection as _},
};

/// Rows read at a time.
const PAGE: u64 = 200;

/// Writes everything, as it is at one moment, to `out`; with the master key when it is given. `program` is the version of
/// the program.
///
/// # Errors
/// The database cannot be read, or `out` not written.
pub async fn write(
    store: &Store,
    key: Option<&Keyring>,
    program: &str,
    now: DateTime<Utc>,
    out: &mut (dyn Write + Send),
) -> Result<(Header, Manifest), BackupError> {
    let moment = store.moment().await?;
    let header = Header {
        format: FORMAT.to_owned(),
        format_version: FORMAT_VERSION,
        id: SecretId::generate().0, // any id that grows with time
        created_at: now,
        program: program.to_owned(),
        migrations: migration::names(),
        has_key: key.is_some(),
    };
    let mut writer = Writer { out, everything: Sha256::new(), tables: Vec::new() };
    writer.line(&Line::Header(header.clone()))?;
    if let Some(key) = key {
        let text = key.to_hex();
        writer.text(&Zeroizing::new(format!("{{\"key\":\"{}\"}}", text.as_str())))?;
    }
    macro_rules! write_each {
        ($($table:ident),*) => { $(writer.table::<entity::$table::Entity>(&moment).await?;)* };
    }
    each_table!(write_each);
    let manifest = writer.end(&header, &moment)?;
    Ok((header, manifest))
}

struct Writer<'a> {
    out: &'a mut (dyn Write + Send),
    everything: Sha256,
    tables: Vec<TableManifest>,
}

impl Writer<'_> {
    fn line(&mut self, line: &impl serde::Serialize) -> Result<(), BackupError> {
        let text = serde_json::to_string(line).map_err(|error| BackupError::Write(error.into()))?;
        self.text(&text)
    }

    fn text(&mut self, text: &str) -> Result<(), BackupError> {
        self.everything.update(text);
        self.everything.update(b"\n");
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.write_all(b"\n")).map_err(BackupError::Write)
    }

    async fn table<E: EntityTrait>(&mut self, moment: &Moment) -> Result<(), BackupError> {
        let name = E::default().table_name().to_owned();
        let mut columns = Vec::new();
        for column in E::Column::iter() {
            let definition = column.def();
            let kind = Kind::of(definition.get_column_type()).ok_or_else(|| unknown(&name, &column))?;
            columns.push((sea_orm::IdenStatic::as_str(&column).to_owned(), kind));
        }
        self.line(&Line::Table { name: name.clone(), columns })?;
        let mut table = TableManifest { name, rows: 0, sha256: String::new() };
        let mut rows = Sha256::new();
        let mut last = None;
        loop {
            let page = next_page::<E>(&moment.executor(), last.as_ref(), table.rows).await?;
            for model in &page {
                let row = E::Column::iter()
                    .map(|column| value::to_json(model.get(column)).ok_or_else(|| unknown(&table.name, &column)))
                    .collect::<Result<Vec<Json>, _>>()?;
                let text = serde_json::to_string(&row).map_err(|error| BackupError::Write(error.into()))?;
                rows.update(&text);
                rows.update(b"\n");
                self.text(&text)?;
                table.rows += 1;
            }
            let Some(model) = page.into_iter().next_back() else { break };
            last = Some(model);
        }
        table.sha256 = hex::encode(rows.finalize());
        self.tables.push(table);
        Ok(())
    }

    fn end(self, header: &Header, moment: &Moment) -> Result<Manifest, BackupError> {
        let sha256 = hex::encode(self.everything.finalize());
        let place = seal_place(&header.id);
        let sealed = moment.sealer().seal(place, sha256.as_bytes());
        let sealed = sealed.map_err(|source| StoreError::Seal { place: place.to_string(), source })?;
        let manifest = Manifest { tables: self.tables, sha256, seal: hex::encode(sealed) };
        let text = serde_json::to_string(&Line::Manifest(manifest.clone()))
            .map_err(|error| BackupError::Write(error.into()))?;
        writeln!(self.out, "{text}").map_err(BackupError::Write)?;
        Ok(manifest)
    }
}

/// The rows after `last`, by primary key; `read` is how many came before.
async fn next_page<E: EntityTrait>(
    executor: &DatabaseExecutor<'_>,
    last: Option<&E::Model>,
    read: u64,
) -> Result<Vec<E::Model>, StoreError> {
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let mut select = E::find();
    for key in &keys {
        select = select.order_by_asc(*key);
    }
    // Tables with a key of two columns are small; skipping in the long ones would read them again for each page.
    select = match (keys.as_slice(), last) {
        ([key], Some(last)) => select.filter(key.gt(last.get(*key))),
        _ => select.offset(read),
    };
    Ok(select.limit(PAGE).all(executor).await?)
}

fn unknown(table: &str, column: &impl std::fmt::Debug) -> BackupError {
    BackupError::Write(std::io::Error::other(format!("column {column:?} of {table} has a type that no backup holds")))
}
