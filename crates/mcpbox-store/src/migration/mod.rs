//! Migrations, in order. One that was released never changes; a change of the schema is a new one.

mod m0001_initial;
mod m0002_packages;
mod m0003_bundles;
mod m0004_evidence;
mod m0005_agents;
mod m0006_notifications;
mod m0007_activity;
mod m0009_alerts;
mod m0010_room;
mod m0011_oauth;
mod m0013_access;
mod m0014_cloudflare;
mod m0015_people;
mod m0019_looks;
mod m0020_sources;
mod m0021_tasks;
mod m0023_source_logins;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager};

use crate::error::StoreError;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_initial::Migration),
            Box::new(m0002_packages::Migration),
            Box::new(m0003_bundles::Migration),
            Box::new(m0004_evidence::Migration),
            Box::new(m0005_agents::Migration),
            Box::new(m0006_notifications::Migration),
            Box::new(m0007_activity::Migration),
            Box::new(m0009_alerts::Migration),
            Box::new(m0010_room::Migration),
            Box::new(m0011_oauth::Migration),
            Box::new(m0013_access::Migration),
            Box::new(m0014_cloudflare::Migration),
            Box::new(m0015_people::Migration),
            Box::new(m0019_looks::Migration),
            Box::new(m0020_sources::Migration),
            Box::new(m0021_tasks::Migration),
            Box::new(m0023_source_logins::Migration),
        ]
    }
}

/// Where the database says which migrations it has.
pub(crate) const TABLE: &str = "seaql_migrations";

/// Names of all migrations, oldest first.
pub(crate) fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Whether this database has been migrated before.
pub(crate) async fn is_there(tx: &DatabaseTransaction) -> Result<bool, StoreError> {
    SchemaManager::new(tx).has_table(TABLE).await.map_err(StoreError::Migrate)
}

/// Applies the first `count` migrations to an empty database.
pub(crate) async fn apply_first(tx: &DatabaseTransaction, count: usize) -> Result<(), StoreError> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Migrator::up(tx, Some(count)).await.map_err(StoreError::Migrate)
}

/// Applies what is pending, inside the caller's transaction: all of it or nothing.
pub(crate) async fn apply(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    if first_pending(tx).await?.is_some() {
        Migrator::up(tx, None).await.map_err(StoreError::Migrate)?;
    }
    Ok(())
}

/// Name of the first migration that is not applied yet.
pub(crate) async fn first_pending(executor: &impl ConnectionTrait) -> Result<Option<String>, StoreError> {
    let pending = Migrator::get_pending_migrations_read_only(executor).await.map_err(|error| match error {
        // The database names a migration that this program does not know.
        DbErr::Custom(_) => StoreError::NewerSchema,
        other => StoreError::Migrate(other),
    })?;
    Ok(pending.first().map(|migration| migration.name().to_owned()))
}
