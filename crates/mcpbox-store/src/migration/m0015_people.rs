//! People: roles, invitations, second factors, passkeys, accounts at other providers, and steps of logins that are under way.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, binary, binary_null, boolean, integer, json_binary, text, timestamp_with_time_zone as time,
        timestamp_with_time_zone_null as time_null, uuid, uuid_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0015_people"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Whoever has an account today may do everything.
        let columns = [text("role").default("admin").take(), boolean("is_disabled").default(false).take()];
        for column in columns {
            manager.alter_table(Table::alter().table("users").add_column(column).take()).await?;
        }
        let tables = [invitations(), code_apps(), recovery_codes(), passkeys(), identities(), ceremonies(), provider()];
        for table in tables {
            manager.create_table(table).await?;
        }
        for (name, table, column, is_unique) in [
            ("invitation_token_hash", "invitations", "token_hash", true),
            ("passkey_credential", "passkeys", "credential_id", true),
            ("passkey_user", "passkeys", "user_id", false),
            ("identity_user", "identities", "user_id", false),
            ("ceremony_user", "ceremonies", "user_id", false),
            ("ceremony_expiry", "ceremonies", "expires_at", false),
        ] {
            let mut index = Index::create();
            index.name(name).table(table).col(column);
            if is_unique {
                index.unique();
            }
            manager.create_index(index.take()).await?;
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

/// A table whose rows go with their account.
fn of_user(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut owner = ForeignKey::create()
        .name(format!("fk_{name}_user_id"))
        .from(name, "user_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    table(name, columns).foreign_key(&mut owner).take()
}

fn invitations() -> TableCreateStatement {
    let key = uuid("user_id").primary_key().take();
    of_user("invitations", [key, text("token_hash"), time("created_at"), time("expires_at")])
}

fn code_apps() -> TableCreateStatement {
    let columns = [
        uuid("user_id").primary_key().take(),
        binary("secret"),
        big_integer("last_step"),
        integer("failures"),
        time_null("failing_since"),
        time("created_at"),
    ];
    of_user("code_apps", columns)
}

fn recovery_codes() -> TableCreateStatement {
    let mut key = Index::create();
    of_user("recovery_codes", [uuid("user_id"), text("code_hash")])
        .primary_key(key.col("user_id").col("code_hash"))
        .take()
}

fn passkeys() -> TableCreateStatement {
    let columns = [
        uuid("id").primary_key().take(),
        uuid("user_id"),
        text("credential_id"),
        text("name"),
        json_binary("credential"),
        time("created_at"),
        time_null("last_used_at"),
    ];
    of_user("passkeys", columns)
}

fn identities() -> TableCreateStatement {
    let columns =
        [text("issuer"), text("subject"), uuid("user_id"), text("email"), time("created_at"), time("last_used_at")];
    let mut key = Index::create();
    of_user("identities", columns).primary_key(key.col("issuer").col("subject")).take()
}

fn ceremonies() -> TableCreateStatement {
    let columns = [
        text("token_hash").primary_key().take(),
        text("kind"),
        uuid_null("user_id"),
        binary("state"),
        integer("attempts"),
        time("created_at"),
        time("expires_at"),
    ];
    of_user("ceremonies", columns)
}

fn provider() -> TableCreateStatement {
    let key = integer("id").primary_key().take();
    table("oidc_provider", [key, json_binary("value"), binary_null("secret"), time("updated_at")])
}
