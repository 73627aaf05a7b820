//! What reviews were at each moment and who read that; decisions in part, taken back, and grants with an end.

use sea_orm_migration::{
    prelude::*,
    schema::{
        json_binary, text, text_null, timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null,
        uuid, uuid_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_bundles"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            // SQLite adds one column a statement.
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        manager.create_table(revisions()).await?;
        manager.create_table(views()).await?;
        let indexes = [
            Index::create().name("grant_expiry").table("grants").col("expires_at").take(),
            Index::create().name("grant_review").table("grants").col("review_id").take(),
            Index::create().name("revision_hash").table("review_revisions").col("content_hash").take(),
            Index::create().name("view_of_tool").table("review_views").col("user_id").col("tool_id").take(),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        // What stands in the database now is the first revision known of each review.
        let known = "INSERT INTO review_revisions (review_id, content_hash, version_id, purpose, requested, created_at) \
                     SELECT id, content_hash, version_id, 'publish', requested, created_at FROM reviews";
        manager.get_connection().execute_unprepared(known).await?;
        Ok(())
    }
}

fn columns() -> [(&'static str, ColumnDef); 9] {
    [
        ("reviews", text("purpose").default("publish").take()),
        ("reviews", json_binary("refused").default("[]").take()),
        ("reviews", uuid_null("replaces_version_id")),
        ("reviews", text_null("revoked_by_kind")),
        ("reviews", text_null("revoked_by_name")),
        ("reviews", time_null("revoked_at")),
        ("reviews", text_null("revoke_comment")),
        ("grants", time_null("expires_at")),
        ("grants", uuid_null("review_id")),
    ]
}

fn revisions() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("review_revisions");
    let columns = [
        uuid("review_id"),
        text("content_hash"),
        uuid("version_id"),
        text("purpose"),
        json_binary("requested"),
        text_null("lock_hash"),
        time("created_at"),
    ];
    for column in columns {
        table.col(column);
    }
    let key = Index::create().col("review_id").col("content_hash").take();
    table.primary_key(&mut key.clone()).foreign_key(&mut owned_by("reviews", "review_revisions", "review_id")).take()
}

fn views() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("review_views");
    for column in [uuid("user_id"), uuid("review_id"), uuid("tool_id"), text("content_hash"), time("seen_at")] {
        table.col(column);
    }
    let key = Index::create().col("user_id").col("review_id").take();
    table
        .primary_key(&mut key.clone())
        .foreign_key(&mut owned_by("users", "review_views", "user_id"))
        .foreign_key(&mut owned_by("reviews", "review_views", "review_id"))
        .take()
}

/// A reference whose row goes when the other goes.
fn owned_by(owner: &'static str, from: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    let name = format!("fk_{from}_{column}");
    ForeignKey::create().name(name).from(from, column).to(owner, "id").on_delete(ForeignKeyAction::Cascade).take()
}
