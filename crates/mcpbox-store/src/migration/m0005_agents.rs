//! Calls made by scripts, and where to tell that something waits for a human.

use sea_orm_migration::{
    prelude::*,
    schema::{
        binary, boolean, text, text_null, timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
        uuid, uuid_null,
    },
};

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
        manager.create_index(index.name("call_parent").table("calls").col("parent_id").take()).await?;
        manager.create_table(targets()).await
    }
}

fn targets() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("notification_targets");
    let columns = [
        uuid("id").primary_key().take(),
        text("name").unique_key().take(),
        text("kind"),
        // The address and what authenticates: both may be enough to post in somebody's name.
        binary("sealed"),
        text("shown"),
        boolean("enabled"),
        time("created_at"),
        time("updated_at"),
        time_null("sent_at"),
        text_null("problem"),
    ];
    for column in columns {
        table.col(column);
    }
    table.take()
}
