//! Where humans are told that something waits, and what is to be told.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, binary, binary_null, boolean, integer, json_binary, json_binary_null, text,
        timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null, uuid, uuid_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_notifications"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(targets()).await?;
        manager.create_table(notices()).await?;
        let mut name = Index::create();
        let name = name.name("notification_target_name").table("notification_targets").col("name").unique().take();
        manager.create_index(name).await?;
        // Deleting a review looks its notices up.
        let mut review = Index::create();
        manager.create_index(review.name("notice_review").table("notices").col("review_id").take()).await
    }
}

fn targets() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("notification_targets");
    let columns = [
        uuid("id").primary_key().take(),
        text("name"),
        text("kind"),
        text("host"),
        binary("url"),
        binary_null("key"),
        boolean("is_on"),
        json_binary("events"),
        // Notices up to this one were told, or need not be.
        big_integer("told"),
        // The message that is under way, and the last notice it tells of.
        uuid_null("message_id"),
        big_integer_null("message_until"),
        integer("attempts"),
        time_null("next_at"),
        uuid_null("lease"),
        time_null("leased_until"),
        time_null("delivered_at"),
        json_binary_null("last"),
        time("created_at"),
        time("updated_at"),
    ];
    for column in columns {
        table.col(column);
    }
    table
}

fn notices() -> TableCreateStatement {
    let of_review = ForeignKey::create()
        .name("fk_notices_review_id")
        .from("notices", "review_id")
        .to("reviews", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    let mut table = Table::create();
    table.table("notices");
    let columns = [
        big_integer("sequence").primary_key().auto_increment().take(),
        text("event"),
        uuid("review_id"),
        time("created_at"),
    ];
    for column in columns {
        table.col(column);
    }
    table.foreign_key(&mut of_review.clone()).take()
}
