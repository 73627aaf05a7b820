//! Remote access: clients, what they ask for, what humans authorised, and the tokens of that. Tokens and codes stand here as hashes.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, json_binary, text, text_null, timestamp_with_time_zone as time,
        timestamp_with_time_zone_null as time_null, uuid, uuid_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_oauth"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [clients(), requests(), authorizations(), tokens()] {
            manager.create_table(table).await?;
        }
        let indexes = [
            ("oauth_request_code", "oauth_requests", "code_hash"),
            ("oauth_request_origin", "oauth_requests", "origin"),
            ("oauth_authorization_client", "oauth_authorizations", "client_id"),
            ("oauth_token_authorization", "oauth_tokens", "authorization_id"),
            ("oauth_token_end", "oauth_tokens", "expires_at"),
        ];
        for (name, table, column) in indexes {
            let mut index = Index::create();
            manager.create_index(index.name(name).table(table).col(column).take()).await?;
        }
        Ok(())
    }
}

fn table(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table
}

fn clients() -> TableCreateStatement {
    let columns = [
        text("client_id").primary_key().take(),
        text("kind"),
        text("name"),
        json_binary("redirect_uris"),
        time("created_at"),
        time_null("expires_at"),
    ];
    table("oauth_clients", columns)
}

fn requests() -> TableCreateStatement {
    let columns = [
        uuid("id").primary_key().take(),
        text("browser_hash"),
        text("client_id"),
        text("client_kind"),
        text("client_name"),
        text("redirect_uri"),
        text_null("state"),
        text("code_challenge"),
        json_binary("scopes"),
        text("user_code"),
        text("origin"),
        text("progress"),
        text_null("subject"),
        text_null("code_hash"),
        uuid_null("authorization_id"),
        time("created_at"),
        time("expires_at"),
    ];
    table("oauth_requests", columns)
}

fn authorizations() -> TableCreateStatement {
    let columns = [
        uuid("id").primary_key().take(),
        text("client_id"),
        text("client_kind"),
        text("client_name"),
        text("redirect_host"),
        text("subject"),
        json_binary("scopes"),
        text("resource"),
        integer("used_generation"),
        time("created_at"),
        time_null("last_used_at"),
        time("expires_at"),
    ];
    table("oauth_authorizations", columns)
}

fn tokens() -> TableCreateStatement {
    let columns = [
        text("token_hash").primary_key().take(),
        uuid("authorization_id"),
        text("kind"),
        integer("generation"),
        time("expires_at"),
    ];
    let mut owner = ForeignKey::create();
    let owner = owner
        .name("fk_oauth_tokens_authorization_id")
        .from("oauth_tokens", "authorization_id")
        .to("oauth_authorizations", "id")
        .on_delete(ForeignKeyAction::Cascade);
    table("oauth_tokens", columns).foreign_key(owner).take()
}
