//! Logins at external sources: what is known of them, their sealed tokens, and who renews them now.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, binary_null, json_binary, timestamp_with_time_zone as time, timestamp_with_time_zone_null, uuid,
        uuid_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0023_source_logins"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table.table("source_logins");
        for column in [
            uuid("source_id").primary_key().take(),
            json_binary("facts"),
            binary_null("tokens"),
            big_integer("generation"),
            uuid_null("renewer"),
            timestamp_with_time_zone_null("renewing_until"),
            time("updated_at"),
        ] {
            table.col(column);
        }
        let mut owner = ForeignKey::create()
            .name("fk_source_logins_source_id")
            .from("source_logins", "source_id")
            .to("sources", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        manager.create_table(table.foreign_key(&mut owner).take()).await
    }
}
