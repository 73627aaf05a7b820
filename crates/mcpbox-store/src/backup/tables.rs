//! Which tables a backup holds, in an order in which each row's owner comes before it.

/// Does `$step` with the entity of every table.
macro_rules! each_table {
    ($step:ident) => {
        $step! {
            servers, tools, versions, reviews, grants, secrets, sources, calls, audit_events, audit_head, settings, users,
            access_tokens, data_keys, key_check, resolutions, review_revisions, review_views, regressions,
            notification_targets, notices
        }
    };
}
pub(super) use each_table;

macro_rules! names {
    ($($table:ident),*) => { &[$(stringify!($table)),*] };
}

/// Their names.
pub(super) const NAMES: &[&str] = each_table!(names);

/// Tables that no backup holds: what is only true of the processes that run.
pub(super) const LEFT_OUT: [&str; 5] = ["sessions", "setup_tokens", "outbox", "alerts", "sandbox_tiers"];
