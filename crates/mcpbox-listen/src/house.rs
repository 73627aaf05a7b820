//! Who is connected, and what each is doing. When the house is full, whoever waits longest without asking anything is let go; next,
//! whoever takes longest to send a body, or has sent nothing of it for longest while all of them are new; last, whoever has listened to
//! events for longest, for clients of that kind come back by themselves. Those whose request is being worked on stay.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mcpbox_core::proxies::customer;
use tokio_util::sync::CancellationToken;

/// A body may be on its way for so long before its age alone sends it away.
const SENDING_GRACE: Duration = Duration::from_secs(2);

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// It has not sent the head of its next request.
    Waiting = 0,
    /// It sends a body.
    Sending = 1,
    /// Its request is worked on, or answered.
    Served = 2,
    /// It hears of events.
    Listening = 3,
}

/// Why nobody can come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// All places are taken by requests that are worked on.
    House,
    /// This address has its share.
    Address,
}

/// See the module.
pub(crate) struct House {
    began: Instant,
    places: usize,
    per_address: usize,
    next: AtomicU64,
    guests: Mutex<HashMap<u64, Arc<Guest>>>,
}

/// One connection.
pub(crate) struct Guest {
    address: Option<IpAddr>,
    phase: AtomicU8,
    /// When the phase began, milliseconds since the house opened.
    since: AtomicU64,
    /// When something came of it last, milliseconds since the house opened.
    heard: AtomicU64,
    began: Instant,
    /// Cancelled when it has to go.
    pub(crate) out: CancellationToken,
}

impl Guest {
    /// It does something else from now on.
    pub(crate) fn enters(&self, phase: Phase) {
        let now = millis(self.began);
        self.since.store(now, Ordering::Relaxed);
        self.heard.store(now, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// A part of its body came.
    pub(crate) fn sends(&self) {
        self.heard.store(millis(self.began), Ordering::Relaxed);
    }

    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }
}

/// A place in the house; given back when dropped.
pub(crate) struct Place {
    house: Arc<House>,
    number: u64,
    pub(crate) guest: Arc<Guest>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.house.guests.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl House {
    pub(crate) fn new(places: usize, per_address: usize) -> Arc<Self> {
        let guests = Mutex::new(HashMap::new());
        Arc::new(Self { began: Instant::now(), places, per_address, next: AtomicU64::new(0), guests })
    }

    /// Lets somebody in; says whether another had to go for that.
    pub(crate) fn enter(self: &Arc<Self>, address: Option<IpAddr>) -> Result<(Place, bool), Full> {
        let address = address.map(customer).filter(|address| !address.is_loopback());
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut made_room = false;
        let of_address = address.map_or(0, |_| guests.values().filter(|guest| guest.address == address).count());
        if of_address >= self.per_address {
            made_room = self.make_room(&mut guests, |guest| guest.address == address);
            if !made_room {
                return Err(Full::Address);
            }
        }
        if guests.len() >= self.places {
            made_room = self.make_room(&mut guests, |_| true);
            if !made_room {
                return Err(Full::House);
            }
        }
        let guest = Arc::new(Guest {
            address,
            phase: AtomicU8::new(Phase::Waiting as u8),
            since: AtomicU64::new(millis(self.began)),
            heard: AtomicU64::new(millis(self.began)),
            began: self.began,
            out: CancellationToken::new(),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        guests.insert(number, Arc::clone(&guest));
        Ok((Place { house: Arc::clone(self), number, guest }, made_room))
    }

    /// Sends one away among those that may be chosen, if there is one that can go.
    fn make_room(&self, guests: &mut HashMap<u64, Arc<Guest>>, may_go: impl Fn(&Guest) -> bool) -> bool {
        let now = millis(self.began);
        let earliest = |phase: Phase, moment: fn(&Guest) -> &AtomicU64| {
            let candidates = guests.iter().filter(|(_, guest)| guest.is(phase) && may_go(guest));
            candidates.map(|(number, guest)| (moment(guest).load(Ordering::Relaxed), *number)).min()
        };
        let is_late = |since: u64| Duration::from_millis(now.saturating_sub(since)) >= SENDING_GRACE;
        // A flood of bodies that never end is younger than the grace at first: of those, what still arrives stays.
        let chosen = earliest(Phase::Waiting, |guest| &guest.since)
            .or_else(|| earliest(Phase::Sending, |guest| &guest.since).filter(|(since, _)| is_late(*since)))
            .or_else(|| earliest(Phase::Sending, |guest| &guest.heard))
            .or_else(|| earliest(Phase::Listening, |guest| &guest.since))
            .map(|(_, number)| number);
        match chosen.and_then(|number| guests.remove(&number)) {
            Some(guest) => {
                guest.out.cancel();
                true
            }
            None => false,
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_full_house_lets_go_of_who_waits_longest_and_of_nobody_who_is_served() {
        let house = House::new(3, 3);
        let enter = || house.enter(from("127.0.0.1")).unwrap();
        let (served, _) = enter();
        served.guest.enters(Phase::Served);
        let (first, _) = enter();
        std::thread::sleep(Duration::from_millis(3));
        let (second, made_room) = enter();
        assert!(!made_room);
        let (third, made_room) = enter();
        assert!(made_room && first.guest.out.is_cancelled() && !second.guest.out.is_cancelled());
        drop(first);
        for place in [&second, &third] {
            place.guest.enters(Phase::Served);
        }
        assert_eq!(house.enter(None).err(), Some(Full::House));
        second.guest.enters(Phase::Listening);
        let (fourth, _) = house.enter(None).unwrap();
        assert!(second.guest.out.is_cancelled(), "who only listens comes back by itself");
        fourth.guest.enters(Phase::Served);
        drop(third);
        assert!(house.enter(None).is_ok() && !served.guest.out.is_cancelled());
    }

    /// Three that send: the first began four seconds before the others, and of these the second was silent since.
    fn three_that_send() -> (Arc<House>, [Place; 3]) {
        let house = House { began: Instant::now() - SENDING_GRACE * 2, ..Arc::into_inner(House::new(3, 3)).unwrap() };
        let house = Arc::new(house);
        let places = [(); 3].map(|()| house.enter(None).unwrap().0);
        for place in &places {
            place.guest.enters(Phase::Sending);
        }
        places[0].guest.since.store(0, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(3));
        places[0].guest.sends();
        places[2].guest.sends();
        (house, places)
    }

    #[test]
    fn bodies_make_room_by_their_age_and_new_ones_by_their_silence() {
        let (house, [old, silent, sending]) = three_that_send();
        let let_go = || [&old, &silent, &sending].map(|place| place.guest.out.is_cancelled());
        house.enter(None).unwrap().0.guest.enters(Phase::Served);
        assert_eq!(let_go(), [true, false, false], "what takes longest goes, though it still sends");
        let (served, _) = house.enter(None).unwrap();
        served.guest.enters(Phase::Served);
        assert!(house.enter(None).unwrap().1);
        assert_eq!(let_go(), [true, true, false], "what still arrives stays");
    }

    #[test]
    fn an_address_has_its_share_and_loopback_has_all() {
        let house = House::new(10, 2);
        let mut kept = Vec::new();
        for text in ["2001:db8::1", "2001:db8::2"] {
            let (place, _) = house.enter(from(text)).unwrap();
            place.guest.enters(Phase::Served);
            kept.push(place);
        }
        assert_eq!(house.enter(from("2001:db8::3")).err(), Some(Full::Address), "one customer");
        for _ in 0..8 {
            kept.push(house.enter(from("::ffff:127.0.0.1")).unwrap().0);
        }
        assert!(house.enter(from("192.0.2.1")).unwrap().1, "a waiting one makes room");
    }
}
