//! How often each of many may ask. What is remembered is bounded, so that a flood from many addresses costs memory once: when there are
//! too many, newcomers share one allowance, and whoever was there before keeps an own one.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

/// Askers remembered at most, per limit.
const ASKERS_MAX: usize = 10_000;
/// After so long without asking the whole allowance is there again, and who asked need not be remembered.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// Time between two sweeps of a full map: sweeping walks all of it.
const SWEEP_PAUSE: Duration = Duration::from_secs(5);

/// Counts against one limit.
pub struct RateLimit<K> {
    quota: Quota,
    /// After so long an asker has its whole allowance again.
    window: Duration,
    asked: Mutex<Asked<K>>,
}

struct Asked<K> {
    known: HashMap<K, Asker>,
    newcomers: DefaultDirectRateLimiter,
    swept_at: Option<Instant>,
}

struct Asker {
    limiter: DefaultDirectRateLimiter,
    last: Instant,
}

impl<K: Hash + Eq> RateLimit<K> {
    /// So many a minute, all of which may come at once.
    pub fn per_minute(most: NonZeroU32) -> Self {
        Self::of(Quota::per_minute(most), Duration::from_secs(60))
    }

    /// So many an hour, all of which may come at once.
    pub fn per_hour(most: NonZeroU32) -> Self {
        Self::of(Quota::per_hour(most), MEMORY)
    }

    fn of(quota: Quota, window: Duration) -> Self {
        let asked = Asked { known: HashMap::new(), newcomers: DefaultDirectRateLimiter::direct(quota), swept_at: None };
        Self { quota, window, asked: Mutex::new(asked) }
    }

    /// Counts one more of `asker`.
    ///
    /// # Errors
    /// It was too often: the time until the next one may come.
    pub fn count(&self, asker: K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut asked = self.asked();
        if asked.known.len() >= ASKERS_MAX && !asked.known.contains_key(&asker) {
            asked.sweep(now, self.window);
        }
        let has_room = asked.known.len() < ASKERS_MAX;
        let limiter = match asked.known.entry(asker) {
            std::collections::hash_map::Entry::Occupied(entry) => {
                let asker = entry.into_mut();
                asker.last = now;
                &asker.limiter
            }
            std::collections::hash_map::Entry::Vacant(entry) if has_room => {
                let limiter = DefaultDirectRateLimiter::direct(self.quota);
                &entry.insert(Asker { limiter, last: now }).limiter
            }
            std::collections::hash_map::Entry::Vacant(_) => &asked.newcomers,
        };
        limiter.check().map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    fn asked(&self) -> MutexGuard<'_, Asked<K>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Asked<K> {
    /// Forgets whoever has the whole allowance again.
    fn sweep(&mut self, now: Instant, window: Duration) {
        if self.swept_at.is_none_or(|last| now.duration_since(last) > SWEEP_PAUSE) {
            self.known.retain(|_, asker| now.duration_since(asker.last) < window);
            self.swept_at = Some(now);
        }
    }
}

impl<K> std::fmt::Debug for RateLimit<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimit").field("quota", &self.quota).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(most: u32) -> RateLimit<u32> {
        RateLimit::per_minute(NonZeroU32::new(most).unwrap())
    }

    #[test]
    fn the_one_after_the_last_waits_and_others_do_not() {
        let limit = limit(5);
        assert!((0..5).all(|_| limit.count(1).is_ok()));
        let wait = limit.count(1).unwrap_err();
        assert!(wait > Duration::from_secs(5) && wait <= Duration::from_secs(12), "{wait:?}");
        assert!(limit.count(2).is_ok());
    }

    #[test]
    fn a_flood_of_newcomers_costs_memory_once_and_nobody_else_an_allowance() {
        let limit = limit(5);
        assert!(limit.count(u32::MAX).is_ok());
        for asker in 0..20_000 {
            let _ = limit.count(asker);
        }
        assert_eq!(limit.asked().known.len(), ASKERS_MAX);
        assert!(limit.count(u32::MAX - 1).is_err(), "newcomers share one allowance");
        assert!((0..4).all(|_| limit.count(u32::MAX).is_ok()), "who was there before has an own one");
        assert!(limit.count(u32::MAX).is_err());
    }

    #[test]
    fn whoever_has_the_whole_allowance_again_is_forgotten() {
        let limit = limit(5);
        for asker in 0..20_000 {
            let _ = limit.count(asker);
        }
        let later = Instant::now() + Duration::from_secs(61);
        limit.asked().swept_at = None;
        limit.asked().sweep(later, limit.window);
        assert!(limit.asked().known.is_empty() && limit.count(30_000).is_ok());
    }
}
