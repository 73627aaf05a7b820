//! The whole domain model.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, binary, binary_null, boolean, integer, integer_null, json_binary, text, text_null,
        timestamp_with_time_zone as time, timestamp_with_time_zone_null as time_null, uuid, uuid_null,
    },
};

/// See the module.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_initial"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait spells it so, and the macro wants the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            servers(),
            tools(),
            versions(),
            grants(),
            reviews(),
            secrets(),
            sources(),
            calls(),
            audit_events(),
            one_row("audit_head", [binary("sealed")]),
            one_row("settings", [json_binary("value"), time("updated_at")]),
            users(),
            sessions(),
            one_row("setup_tokens", [text("token_hash"), time("created_at")]),
            access_tokens(),
            outbox(),
            keyed("data_keys", [binary("wrapped")]),
            one_row("key_check", [binary("sealed")]),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in unique_indexes().into_iter().chain(indexes()) {
            manager.create_index(index).await?;
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

/// A table with a UUID key.
fn keyed(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let key = uuid("id").primary_key().take();
    table(name, [key].into_iter().chain(columns))
}

/// A table that holds one row, number 1.
fn one_row(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let key = integer("id").primary_key().check(Expr::col("id").eq(1)).take();
    table(name, [key].into_iter().chain(columns))
}

/// A reference whose row goes when the other goes.
fn owned_by(owner: &'static str, from: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    let name = format!("fk_{from}_{column}");
    ForeignKey::create().name(name).from(from, column).to(owner, "id").on_delete(ForeignKeyAction::Cascade).take()
}

fn actor(prefix: &str) -> [ColumnDef; 2] {
    [text(format!("{prefix}_kind")), text(format!("{prefix}_name"))]
}

fn decision(comment: ColumnDef) -> [ColumnDef; 4] {
    [text_null("decided_by_kind"), text_null("decided_by_name"), time_null("decided_at"), comment]
}

fn servers() -> TableCreateStatement {
    let columns = [
        text("name"),
        text("description"),
        text("status"),
        text("code_policy"),
        json_binary("limits"),
        time("created_at"),
        time("updated_at"),
    ];
    keyed("servers", columns)
}

fn tools() -> TableCreateStatement {
    // The live version is not a foreign key: versions refer to tools, and are deleted only with them.
    let columns = [
        uuid("server_id"),
        text("name"),
        text("kind"),
        boolean("enabled"),
        uuid_null("live_version_id"),
        time("created_at"),
        time("updated_at"),
    ];
    keyed("tools", columns).foreign_key(&mut owned_by("servers", "tools", "server_id")).take()
}

fn versions() -> TableCreateStatement {
    // Schemas are text: native JSON of PostgreSQL would sort their properties.
    let columns = [
        uuid("tool_id"),
        integer("number"),
        text("name"),
        text("description"),
        text("code"),
        text("input_schema"),
        text_null("output_schema"),
        json_binary("capabilities"),
        text("content_hash"),
        text("state"),
        integer_null("restored_from"),
        time("created_at"),
    ];
    let columns = columns.into_iter().chain(actor("created_by")).chain(decision(text_null("decision_comment")));
    keyed("versions", columns).foreign_key(&mut owned_by("tools", "versions", "tool_id")).take()
}

fn grants() -> TableCreateStatement {
    let columns = [
        text("kind"),
        json_binary("capability"),
        text("scope_level"),
        uuid_null("tool_id"),
        uuid_null("server_id"),
        text("state"),
        text("justification"),
        time("created_at"),
    ];
    let columns = columns.into_iter().chain(actor("requested_by")).chain(decision(text("comment")));
    keyed("grants", columns)
        .foreign_key(&mut owned_by("tools", "grants", "tool_id"))
        .foreign_key(&mut owned_by("servers", "grants", "server_id"))
        .take()
}

fn reviews() -> TableCreateStatement {
    let columns = [
        uuid("tool_id"),
        uuid("version_id"),
        json_binary("requested"),
        text("content_hash"),
        text("state"),
        text("risk"),
        text("notes"),
        time("created_at"),
    ];
    let columns = columns.into_iter().chain(actor("requested_by")).chain(decision(text("comment")));
    keyed("reviews", columns)
        .foreign_key(&mut owned_by("tools", "reviews", "tool_id"))
        .foreign_key(&mut owned_by("versions", "reviews", "version_id"))
        .take()
}

fn secrets() -> TableCreateStatement {
    let columns = [
        uuid("server_id"),
        text("key"),
        text("description"),
        json_binary("hosts"),
        text("mode"),
        binary_null("value"),
        time("created_at"),
        time("updated_at"),
    ];
    keyed("secrets", columns).foreign_key(&mut owned_by("servers", "secrets", "server_id")).take()
}

fn sources() -> TableCreateStatement {
    let columns = [
        uuid("server_id"),
        text("name"),
        json_binary("transport"),
        boolean("enabled"),
        time_null("last_synced_at"),
        time("created_at"),
        time("updated_at"),
    ];
    keyed("sources", columns).foreign_key(&mut owned_by("servers", "sources", "server_id")).take()
}

fn calls() -> TableCreateStatement {
    // No foreign keys: records outlive what they are about.
    let columns = [
        uuid("server_id"),
        text("server_name"),
        uuid("tool_id"),
        text("tool_name"),
        uuid("version_id"),
        text("profile"),
        text("arguments"),
        text("result"),
        text("stdout"),
        text_null("failure_kind"),
        text_null("failure"),
        text("observed"),
        big_integer("duration_us"),
        time("started_at"),
    ];
    keyed("calls", columns.into_iter().chain(actor("actor")))
}

fn audit_events() -> TableCreateStatement {
    let columns = [
        big_integer("sequence").primary_key().take(),
        uuid("id"),
        time("at"),
        text("action"),
        text("subject"),
        text("detail"),
        text("previous_hash"),
        text("hash"),
    ];
    table("audit_events", columns.into_iter().chain(actor("actor")))
}

fn users() -> TableCreateStatement {
    keyed("users", [text("username"), text("password_hash"), time("created_at"), time("password_changed_at")])
}

fn sessions() -> TableCreateStatement {
    let columns = [
        uuid("user_id"),
        text("token_hash"),
        time("created_at"),
        time("last_seen_at"),
        time("expires_at"),
        text("origin"),
    ];
    keyed("sessions", columns).foreign_key(&mut owned_by("users", "sessions", "user_id")).take()
}

fn access_tokens() -> TableCreateStatement {
    let columns = [
        text("name"),
        text("token_hash"),
        json_binary("scopes"),
        time("created_at"),
        time_null("expires_at"),
        time_null("last_used_at"),
    ];
    keyed("access_tokens", columns.into_iter().chain(actor("created_by")))
}

fn outbox() -> TableCreateStatement {
    let key = big_integer("id").primary_key().auto_increment().take();
    table("outbox", [key, text("kind"), json_binary("payload"), time("created_at")])
}

fn index(name: &'static str, on: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(on);
    for column in columns {
        index.col(*column);
    }
    index
}

fn unique_indexes() -> Vec<IndexCreateStatement> {
    let one_open_review = index("one_open_review_per_tool", "reviews", &["tool_id"])
        .and_where(Expr::col("state").eq(Expr::cust("'open'")))
        .take();
    let indexes = [
        index("server_name", "servers", &["name"]),
        index("tool_name", "tools", &["server_id", "name"]),
        index("version_number", "versions", &["tool_id", "number"]),
        index("secret_key", "secrets", &["server_id", "key"]),
        index("source_name", "sources", &["server_id", "name"]),
        index("audit_event_id", "audit_events", &["id"]),
        index("user_username", "users", &["username"]),
        index("session_token_hash", "sessions", &["token_hash"]),
        index("access_token_name", "access_tokens", &["name"]),
        index("access_token_hash", "access_tokens", &["token_hash"]),
        one_open_review,
    ];
    indexes.into_iter().map(|mut index| index.unique().take()).collect()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("version_content_hash", "versions", &["tool_id", "content_hash"]),
        index("grant_tool", "grants", &["tool_id"]),
        index("grant_server", "grants", &["server_id"]),
        index("grant_state", "grants", &["state", "created_at"]),
        index("review_state", "reviews", &["state", "created_at"]),
        index("review_tool", "reviews", &["tool_id", "created_at"]),
        index("review_version", "reviews", &["version_id"]),
        index("call_started", "calls", &["started_at"]),
        index("call_tool", "calls", &["tool_id", "started_at"]),
        index("call_server", "calls", &["server_id", "started_at"]),
        index("call_version", "calls", &["version_id", "started_at"]),
        index("call_actor", "calls", &["actor_name", "started_at"]),
        index("audit_event_at", "audit_events", &["at"]),
        index("audit_event_subject", "audit_events", &["subject"]),
        index("session_user", "sessions", &["user_id"]),
        index("session_expiry", "sessions", &["expires_at"]),
        index("outbox_created", "outbox", &["created_at"]),
    ]
}
