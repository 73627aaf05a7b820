//! Which script made a call.

use sea_orm_migration::{prelude::*, schema::uuid_null};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_agents"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut calls = Table::alter();
        manager.alter_table(calls.table("calls").add_column(uuid_null("parent_id")).take()).await?;
        let mut index = Index::create();
        manager.create_index(index.name("call_parent").table("calls").col("parent_id").take()).await
    }
}
