//! Long calls as tasks.

use sea_orm_migration::{
    prelude::*,
    schema::{binary_null, text, text_null, timestamp_with_time_zone as time, uuid_null},
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0021_tasks"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("tasks");
        for column in [
            text("id").primary_key().take(),
            text("owner"),
            text("name"),
            uuid_null("call_id"),
            uuid_null("tool_id"),
            uuid_null("version_id"),
            text("state"),
            text_null("message"),
            time("created_at"),
            time("updated_at"),
            time("expires_at"),
            time("beat_at"),
            binary_null("ending"),
        ] {
            table.col(column);
        }
        manager.create_table(table).await?;
        let mut owner = Index::create();
        let owner = owner.name("task_owner").table("tasks").col("owner").col("created_at").take();
        manager.create_index(owner).await?;
        let mut state = Index::create();
        manager.create_index(state.name("task_state").table("tasks").col("state").col("beat_at").take()).await
    }
}
