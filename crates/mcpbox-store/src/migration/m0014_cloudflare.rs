//! How far the connection over Cloudflare is.

use sea_orm_migration::{
    prelude::*,
    schema::{binary, text, timestamp_with_time_zone as time},
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0014_cloudflare"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("cloudflare");
        for column in [text("name").primary_key().take(), binary("value"), time("updated_at")] {
            table.col(column);
        }
        manager.create_table(table).await
    }
}
