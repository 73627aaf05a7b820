//! Alerts: what is wrong now, and notices that are about no review.

use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{
    prelude::*,
    schema::{integer, text, timestamp_with_time_zone as time},
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_alerts"
    }
}

/// SQLite cannot make a column optional, so the table is made anew. Its numbers go on where they were, also when no row is left:
/// targets remember up to which they were told.
const SQLITE: [&str; 7] = [
    "DROP INDEX notice_review",
    "ALTER TABLE notices RENAME TO notices_before",
    "CREATE TABLE notices (sequence integer NOT NULL PRIMARY KEY AUTOINCREMENT, event text NOT NULL, \
     review_id uuid_text REFERENCES reviews (id) ON DELETE CASCADE, created_at timestamp_with_timezone_text NOT NULL, \
     is_over boolean NOT NULL DEFAULT FALSE)",
    "INSERT INTO notices (sequence, event, review_id, created_at) \
     SELECT sequence, event, review_id, created_at FROM notices_before",
    "DELETE FROM sqlite_sequence WHERE name = 'notices'",
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'notices', seq FROM sqlite_sequence WHERE name = 'notices_before'",
    "DROP TABLE notices_before",
];
const POSTGRES: [&str; 2] = [
    "ALTER TABLE notices ALTER COLUMN review_id DROP NOT NULL",
    "ALTER TABLE notices ADD COLUMN is_over boolean NOT NULL DEFAULT FALSE",
];

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alerts()).await?;
        let mut tiers = Table::create();
        let tiers = tiers.table("sandbox_tiers").col(text("source").primary_key().take()).col(integer("rank")).take();
        manager.create_table(tiers).await?;
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            for step in POSTGRES {
                connection.execute_unprepared(step).await?;
            }
            return Ok(());
        }
        for step in SQLITE {
            connection.execute_unprepared(step).await?;
        }
        let mut review = Index::create();
        manager.create_index(review.name("notice_review").table("notices").col("review_id").take()).await
    }
}

fn alerts() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("alerts");
    for column in [text("event"), text("source"), time("began_at"), time("seen_at")] {
        table.col(column);
    }
    let mut key = Index::create();
    table.primary_key(key.col("event").col("source")).take()
}
