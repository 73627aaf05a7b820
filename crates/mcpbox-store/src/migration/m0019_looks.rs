//! When the page of a login that waits was last looked at.

use sea_orm_migration::{prelude::*, schema::timestamp_with_time_zone_null as time_null};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0019_looks"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = time_null("looked_at");
        manager.alter_table(Table::alter().table("oauth_requests").add_column(column).take()).await
    }
}
