//! What package indexes made of sets of requirements.

use sea_orm_migration::{
    prelude::*,
    schema::{
        json_binary, text, text_null, timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_packages"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("resolutions");
        // The lock is text: a hash covers its exact form.
        let columns = [
            text("id").primary_key().take(),
            json_binary("requirements"),
            text("state"),
            text_null("reason"),
            text_null("lock_hash"),
            text_null("lock"),
            text("packages"),
            time("created_at"),
            time_null("finished_at"),
        ];
        for column in columns {
            table.col(column);
        }
        manager.create_table(table).await?;
        let mut index = Index::create();
        manager.create_index(index.name("resolution_state").table("resolutions").col("state").take()).await
    }
}
