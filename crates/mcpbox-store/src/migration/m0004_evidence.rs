//! What makes runs evidence: their log lines, how they were tested, which are examples; and what came of repeating examples
//! for a submission.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, text, text_null, timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null, uuid,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_evidence"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        let columns =
            [text("logs").default("[]").take(), text_null("trial"), boolean("is_example").default(false).take()];
        for column in columns {
            manager.alter_table(Table::alter().table("calls").add_column(column).take()).await?;
        }
        let of_review = ForeignKey::create()
            .name("fk_regressions_review_id")
            .from("regressions", "review_id")
            .to("reviews", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let mut table = Table::create();
        table.table("regressions");
        let columns =
            [uuid("review_id").primary_key().take(), text("report"), time("started_at"), time_null("finished_at")];
        for column in columns {
            table.col(column);
        }
        manager.create_table(table.foreign_key(&mut of_review.clone()).take()).await
    }
}
