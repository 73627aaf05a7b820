//! How much room versions and records take, so that what clients fill can be bounded. Records from before count nothing: counting
//! them would rewrite the whole log, and they go with time.

use sea_orm_migration::{prelude::*, schema::big_integer};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_room"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["versions", "calls"] {
            let column = big_integer("bytes").default(0).take();
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        let count = "UPDATE versions SET bytes = OCTET_LENGTH(code) + OCTET_LENGTH(description) \
                     + OCTET_LENGTH(input_schema) + COALESCE(OCTET_LENGTH(output_schema), 0)";
        manager.get_connection().execute_unprepared(count).await?;
        // Sums are answered by the index, without the rows and their long texts.
        let mut index = Index::create().name("version_bytes").table("versions").take();
        manager.create_index(index.col("bytes").take()).await?;
        manager.drop_index(Index::drop().name("call_tool").table("calls").to_owned()).await?;
        let mut index = Index::create().name("call_tool").table("calls").take();
        for column in ["tool_id", "started_at", "id", "profile", "failure_kind", "duration_us", "bytes"] {
            index.col(column);
        }
        manager.create_index(index).await
    }
}
