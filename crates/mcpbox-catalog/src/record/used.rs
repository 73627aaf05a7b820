//! Which secrets runs read, and when last.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallRecord, Profile},
    ids::ServerId,
    name::SecretKey,
};

/// The last moment of each secret that these runs read; tests get no values.
pub(super) fn secrets(records: &[CallRecord]) -> BTreeMap<(ServerId, SecretKey), DateTime<Utc>> {
    let mut last = BTreeMap::new();
    for record in records.iter().filter(|record| record.profile == Profile::Live) {
        for key in &record.observed.secrets {
            let at = last.entry((record.server_id, key.clone())).or_insert(record.started_at);
            *at = record.started_at.max(*at);
        }
    }
    last
}
