//! What an intruder with the database at hand does.

/// What an intruder does, how it is undone, and how the problem is named.
pub(crate) struct Tampering {
    pub(crate) what: &'static str,
    pub(crate) change: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) message: &'static str,
}

const fn tampering(
    what: &'static str,
    change: &'static str,
    undo: &'static str,
    subject: &'static str,
    message: &'static str,
) -> Tampering {
    Tampering { what, change, undo, subject, message }
}

pub(crate) const TAMPERINGS: [Tampering; 12] = [
    tampering(
        "a grant with an end made one without",
        "UPDATE grants SET expires_at = NULL WHERE comment = 'for a while'",
        "UPDATE grants SET expires_at = (SELECT expires_at FROM grants WHERE comment = 'for as long') WHERE comment = 'for a while'",
        "grant:",
        "is in force for ever, but was granted until 2099-01-01",
    ),
    tampering(
        "the end of what a review granted moved away",
        "UPDATE grants SET expires_at = NULL WHERE justification = 'needed by version 1' AND expires_at IS NOT NULL",
        "UPDATE grants SET expires_at = (SELECT expires_at FROM grants WHERE comment = 'for as long') WHERE justification = 'needed by version 1'",
        "grant:",
        "but was granted until 2099-01-01",
    ),
    tampering(
        "code of an approved version",
        "UPDATE versions SET code = code || '# evil' WHERE name = 'fetch'",
        "UPDATE versions SET code = replace(code, '# evil', '') WHERE name = 'fetch'",
        "review:",
        "the content of its version was changed",
    ),
    tampering(
        "a rejected review made an approved one",
        "UPDATE reviews SET state = 'approved' WHERE comment = 'no'",
        "UPDATE reviews SET state = 'rejected' WHERE comment = 'no'",
        "review:",
        "decided as Rejected",
    ),
    tampering(
        "a rule's decision under a human's name",
        "UPDATE reviews SET decided_by_kind = 'admin' WHERE decided_by_kind = 'system'",
        "UPDATE reviews SET decided_by_kind = 'system' WHERE comment LIKE 'approved by the rule%'",
        "review:",
        "decided by somebody else",
    ),
    tampering(
        "a revoked approval in force again",
        "UPDATE reviews SET state = 'approved' WHERE state = 'revoked'",
        "UPDATE reviews SET state = 'revoked' WHERE version_id IN (SELECT id FROM versions WHERE name = 'regretted')",
        "review:",
        "decided as Revoked",
    ),
    tampering(
        "a version approved by nobody",
        "UPDATE versions SET state = 'approved' WHERE name = 'bad'",
        "UPDATE versions SET state = 'rejected' WHERE name = 'bad'",
        "version:",
        "nobody approved it",
    ),
    tampering(
        "a revoked grant in force again",
        "UPDATE grants SET state = 'approved' WHERE state = 'revoked'",
        "UPDATE grants SET state = 'revoked' WHERE id = (SELECT id FROM grants WHERE scope_level = 'everywhere' ORDER BY created_at LIMIT 1)",
        "grant:",
        "nobody granted it so",
    ),
    tampering(
        "a live tool switched to what it was not",
        "UPDATE tools SET live_version_id = NULL WHERE name = 'fetch'",
        "UPDATE tools SET live_version_id = (SELECT id FROM versions WHERE name = 'fetch') WHERE name = 'fetch'",
        "tool:",
        "another version",
    ),
    tampering(
        "a review's hash",
        "UPDATE reviews SET content_hash = upper(content_hash) WHERE comment = 'no'",
        "UPDATE reviews SET content_hash = lower(content_hash) WHERE comment = 'no'",
        "review:",
        "its hash is not the one",
    ),
    tampering(
        "the hash of a version with its content",
        "UPDATE versions SET description = 'Sends money.' WHERE name = 'add'",
        "UPDATE versions SET description = 'Adds.' WHERE name = 'add'",
        "version:",
        "was changed",
    ),
    tampering(
        "the chain itself",
        "UPDATE audit_events SET actor_name = 'eve' WHERE action = 'review.reject'",
        "UPDATE audit_events SET actor_name = 'anna' WHERE action = 'review.reject'",
        "",
        "",
    ),
];
