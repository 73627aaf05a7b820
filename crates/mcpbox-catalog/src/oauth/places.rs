//! How many logins may wait, and whose makes room for the next. A crowd keeps nobody out: who asks again and again crowds out only
//! itself, and a login whose page somebody looks at stays.
//!
//! A page looks again every few seconds, which is noted now and then. A login whose page does not look makes room, the one that was seen
//! least recently first; a new one has a moment until its first look.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    ids::AuthorizationRequestId,
    oauth::AuthorizationRequest,
    proxies::{customer, network},
};
use mcpbox_store::oauth::waiting::{self, Waiting};

use super::error::{ErrorCode, OAuthError};
use crate::{Catalog, CatalogError, change::Change};

/// Logins of one customer (an IPv4 address, or a /64) that wait.
const PER_CUSTOMER: usize = 5;
/// Those of one network (/24, or /48).
const PER_NETWORK: usize = 40;
/// All of them: a row of a few KB each.
const IN_ALL: usize = 500;
/// Whose page looked so recently has somebody at it: pages look every 3 s.
const LOOKED: TimeDelta = TimeDelta::seconds(20);
/// A page has so long until its first look.
const FIRST_LOOK: TimeDelta = TimeDelta::seconds(6);
/// A look is noted when the one before is so old.
const NOTED: TimeDelta = TimeDelta::seconds(8);

/// Makes room for a login from `origin`.
///
/// # Errors
/// `temporarily_unavailable` when every login that could make room has somebody at its page.
pub(super) async fn make_room(change: &Change, origin: &str) -> Result<(), OAuthError> {
    let all = waiting::all(&change.tx).await?;
    match whose(&all, origin, change.now) {
        Room::Free => Ok(()),
        Room::Of(id) => Ok(waiting::forget(&change.tx, id).await.map_err(CatalogError::from)?),
        Room::None(who) => {
            let why = format!("too many logins {who} wait for a decision; try again in a minute");
            Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, why))
        }
    }
}

/// Notes that the page of a login looks again. A failure costs the login its place at worst.
pub(super) async fn keep(cat: &Catalog, request: &AuthorizationRequest) {
    let now = cat.clock.now();
    if request.looked_at.is_some_and(|last| now - last < NOTED) {
        return;
    }
    let note = async {
        let tx = cat.store.begin_log().await?;
        waiting::note_look(&tx, request.id, now, now - NOTED).await?;
        tx.commit().await
    };
    if let Err(error) = note.await {
        tracing::warn!(%error, "that the page of a login is looked at could not be noted");
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Room {
    Free,
    /// This one makes room.
    Of(AuthorizationRequestId),
    /// Nobody can; whose logins are too many.
    None(&'static str),
}

/// Who makes room for `origin`, if somebody has to.
fn whose(all: &[Waiting], origin: &str, now: DateTime<Utc>) -> Room {
    let address = address_of(origin);
    let of_customer = |one: &&Waiting| address_of(&one.origin).map(customer) == address.map(customer);
    let of_network = |one: &&Waiting| address_of(&one.origin).map(network) == address.map(network);
    if all.iter().filter(of_customer).count() >= PER_CUSTOMER {
        // Among its own, also one that was brought just now.
        return room(all.iter().filter(of_customer).filter(|one| !is_looked_at(one, now)), "from your address");
    }
    let can_go = |one: &&Waiting| !is_looked_at(one, now) && now - one.created_at >= FIRST_LOOK;
    if all.iter().filter(of_network).count() >= PER_NETWORK {
        return room(all.iter().filter(of_network).filter(can_go), "from your network");
    }
    if all.len() >= IN_ALL {
        return room(all.iter().filter(can_go), "here");
    }
    Room::Free
}

/// The one that was seen least recently.
fn room<'a>(candidates: impl Iterator<Item = &'a Waiting>, who: &'static str) -> Room {
    let chosen = candidates.min_by_key(|one| one.looked_at.unwrap_or(one.created_at));
    chosen.map_or(Room::None(who), |one| Room::Of(one.id))
}

fn is_looked_at(one: &Waiting, now: DateTime<Utc>) -> bool {
    one.looked_at.is_some_and(|at| now - at < LOOKED)
}

/// None for what is no address: those count together.
fn address_of(origin: &str) -> Option<IpAddr> {
    origin.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    /// Brought and looked at so many seconds ago.
    fn waiting(origin: &str, brought: i64, looked: Option<i64>) -> Waiting {
        let ago = |seconds| now() - TimeDelta::seconds(seconds);
        let id = AuthorizationRequestId::generate();
        Waiting { id, origin: origin.to_owned(), created_at: ago(brought), looked_at: looked.map(ago) }
    }

    #[test]
    fn a_customer_crowds_out_only_what_is_its_own_and_not_looked_at() {
        let mut all = vec![waiting("198.51.100.1", 500, None)];
        all.extend((0..5).map(|number| waiting(&format!("2001:db8::{number}"), number, Some(number))));
        assert_eq!(whose(&all, "2001:db8::9", now()), Room::None("from your address"));
        assert_eq!(whose(&all, "2001:db8:0:1::9", now()), Room::Free);
        all[3] = waiting("2001:db8::3", 1, None);
        assert_eq!(whose(&all, "2001:db8::9", now()), Room::Of(all[3].id), "nobody has looked at it yet");
        all[2] = waiting("2001:db8::2", 60, Some(20));
        assert_eq!(whose(&all, "2001:db8::9", now()), Room::Of(all[2].id), "its page is closed");
    }

    #[test]
    fn a_network_has_its_share() {
        let of = |third: usize, age| waiting(&format!("192.0.{third}.{}", age % 200), age, None);
        let mut all: Vec<_> = (0..40).map(|number| of(2, 100 + number)).collect();
        all.push(of(3, 400));
        assert_eq!(whose(&all, "192.0.2.250", now()), Room::Of(all[39].id), "the oldest there, not the oldest of all");
        assert_eq!(whose(&all, "192.0.3.250", now()), Room::Free);
        for one in &mut all {
            one.created_at = now();
        }
        assert_eq!(whose(&all, "192.0.2.250", now()), Room::None("from your network"), "none had its first look yet");
    }

    #[test]
    fn of_a_full_house_goes_who_was_seen_least_recently_and_nobody_at_work() {
        let from = |number: usize| format!("10.{}.{}.1", number / 250, number % 250);
        let mut all: Vec<_> = (0..IN_ALL).map(|number| waiting(&from(number), 300, Some(19))).collect();
        assert_eq!(whose(&all, "198.51.100.1", now()), Room::None("here"));
        all[7] = waiting(&from(7), 5, None);
        assert_eq!(whose(&all, "198.51.100.1", now()), Room::None("here"), "its first look may come yet");
        all[8] = waiting(&from(8), 6, None);
        assert_eq!(whose(&all, "198.51.100.1", now()), Room::Of(all[8].id));
        all[9] = waiting(&from(9), 300, Some(21));
        assert_eq!(whose(&all, "198.51.100.1", now()), Room::Of(all[9].id));
    }
}
