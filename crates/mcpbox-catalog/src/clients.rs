//! Which MCP clients were here, so that a human sees a new one arrive. In memory since the start; audit and records do
//! not depend on it.

use std::{collections::HashMap, sync::PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    event::LiveEvent,
    principal::{Actor, Principal},
};
use serde::Serialize;

use crate::Catalog;

/// Clients remembered; the longest silent one goes first. A client names itself, so it may be many.
const CLIENTS_MAX: usize = 50;
/// A client that was silent this long is news again.
const NEWS_AFTER: TimeDelta = TimeDelta::minutes(1);

/// A client that speaks MCP.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Client {
    /// What it calls itself (unverified).
    pub name: String,
    /// The human for whom a remote client acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// First seen since the start.
    pub first_seen_at: DateTime<Utc>,
    /// Last seen, when it asked which tools there are.
    pub last_seen_at: DateTime<Utc>,
}

/// The clients, as records name them.
pub(crate) type Clients = HashMap<Actor, Client>;

impl Catalog {
    /// Notes that a client is here; tells listeners when that is news.
    pub fn meet(&self, who: &Principal) {
        let client = who.actor();
        if self.hear_of(client.clone()) && self.store.is_shared() {
            let news = self.records.news().clone();
            self.tasks.spawn(async move { news.tell_client(client).await });
        }
    }

    /// Notes a client that another process met, or this one; says whether that is news.
    pub(crate) fn hear_of(&self, client: Actor) -> bool {
        let now = self.clock.now();
        let is_news = see(&mut self.clients.lock().unwrap_or_else(PoisonError::into_inner), client, now);
        if is_news {
            self.emit(LiveEvent::ClientSeen);
        }
        is_news
    }

    /// The clients that were here since the start, the latest first.
    pub fn clients(&self) -> Vec<Client> {
        let mut found: Vec<_> = self.clients.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        found.sort_by(|a, b| b.last_seen_at.cmp(&a.last_seen_at).then_with(|| a.name.cmp(&b.name)));
        found
    }
}

/// Whether it is news.
fn see(clients: &mut Clients, who: Actor, now: DateTime<Utc>) -> bool {
    if let Some(client) = clients.get_mut(&who) {
        let silent = now - client.last_seen_at;
        client.last_seen_at = now;
        return silent >= NEWS_AFTER;
    }
    if clients.len() >= CLIENTS_MAX {
        let oldest = clients.iter().min_by_key(|(_, client)| client.last_seen_at).map(|(who, _)| who.clone());
        oldest.and_then(|who| clients.remove(&who));
    }
    let (name, on_behalf_of) = (who.name.clone(), who.on_behalf_of.clone());
    clients.insert(who, Client { name, on_behalf_of, first_seen_at: now, last_seen_at: now });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_news_when_it_is_new_or_was_silent_and_the_list_stays_short() {
        let mut clients = Clients::new();
        let actor = |name: &str| Principal::Local { client: Some(name.into()) }.actor();
        let start = DateTime::UNIX_EPOCH;
        assert!(see(&mut clients, actor("a"), start));
        assert!(!see(&mut clients, actor("a"), start + TimeDelta::seconds(59)));
        assert!(see(&mut clients, actor("a"), start + TimeDelta::seconds(119)));
        for number in 0..CLIENTS_MAX {
            assert!(see(&mut clients, actor(&format!("c{number}")), start + TimeDelta::hours(1)));
        }
        assert_eq!(clients.len(), CLIENTS_MAX);
        assert!(!clients.contains_key(&actor("a")));
    }
}
