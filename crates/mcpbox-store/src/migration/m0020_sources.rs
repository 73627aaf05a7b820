//! External sources: a tool may be in quarantine, and that a source may be reached is a grant, not a switch of its own.

use sea_orm_migration::{prelude::*, schema::text_null};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0020_sources"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("tools").add_column(text_null("quarantine")).take()).await?;
        manager.alter_table(Table::alter().table("sources").drop_column("enabled").take()).await
    }
}
