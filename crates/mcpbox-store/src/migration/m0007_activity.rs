//! Indexes that answer lists, counts and series of calls by themselves, without the rows and their long texts; from which
//! browser a session was opened; when a secret was set and last used.

use sea_orm_migration::{
    prelude::*,
    schema::{text, timestamp_with_time_zone_null as time_null},
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_activity"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, first) in
            [("call_started", None), ("call_tool", Some("tool_id")), ("call_server", Some("server_id"))]
        {
            manager.drop_index(Index::drop().name(name).table("calls").to_owned()).await?;
            let mut index = Index::create().name(name).table("calls").take();
            first.map(|column| index.col(column));
            // Order and cursor, then what is counted.
            for column in ["started_at", "id", "profile", "failure_kind", "duration_us"] {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        // SQLite adds one column a statement.
        let columns = [
            ("sessions", text("user_agent").default("").take()),
            ("secrets", time_null("value_set_at")),
            ("secrets", time_null("last_used_at")),
        ];
        for (table, column) in columns {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        // The best that is known of values that are there: nothing else changed a secret until now.
        let set = "UPDATE secrets SET value_set_at = updated_at WHERE value IS NOT NULL";
        manager.get_connection().execute_unprepared(set).await?;
        Ok(())
    }
}
