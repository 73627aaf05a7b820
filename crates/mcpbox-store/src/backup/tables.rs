//! Which tables a backup holds, in an order in which each row's owner comes before it.

/// Does `$step` with the entity of every table.
macro_rules! each_table {
    ($step:ident) => {
        $step! {
            servers, tools, versions, reviews, grants, secrets, sources, calls, audit_events, audit_head, settings, users,
            access_tokens, data_keys, key_check, resolutions, review_revisions, review_views, regressions,
            notification_targets, notices, code_apps, recovery_codes, passkeys, identities, oidc_provider,
            oauth_clients, cloudflare
        }
    };
}
pub(super) use each_table;

macro_rules! names {
    ($($table:ident),*) => { &[$(stringify!($table)),*] };
}

/// Their names.
pub(super) const NAMES: &[&str] = each_table!(names);

/// Tables that no backup holds: what is only true of the processes that run, long calls that clients ask after for a day at most, and
/// logins, which a restored backup must not bring back.
pub(super) const LEFT_OUT: [&str; 12] = [
    "sessions",
    "setup_tokens",
    "invitations",
    "ceremonies",
    "outbox",
    "tasks",
    "alerts",
    "sandbox_tiers",
    "oauth_requests",
    "oauth_authorizations",
    "oauth_tokens",
    "source_logins",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sea_orm::{ConnectionTrait, Statement};

    use super::*;
    use crate::{Location, migration, open};

    #[tokio::test]
    async fn every_table_is_backed_up_or_left_out_on_purpose() {
        let directory = tempfile::tempdir().unwrap();
        let (writer, _) = open::connections(&Location::Sqlite(directory.path().join("mcpbox.db"))).await.unwrap();
        let tx = open::begin_alone(&writer).await.unwrap();
        migration::apply(&tx).await.unwrap();
        let all = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), all)).await.unwrap();
        let there: BTreeSet<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        let known = NAMES.iter().chain(&LEFT_OUT).chain(&[migration::TABLE]).map(|name| (*name).to_owned());
        assert_eq!(there, known.collect());
    }
}
