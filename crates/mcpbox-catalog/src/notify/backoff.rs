//! When a message is tried again: twice as long after each attempt, and never before the other end wants it.

use chrono::TimeDelta;

/// Attempts that one message gets.
pub(super) const ATTEMPTS_MAX: u32 = 8;
const FIRST: TimeDelta = TimeDelta::seconds(30);
/// The longest wait, whatever the other end asks for.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// How long to wait after the `attempt`-th attempt (from 1). `chance` (0 to 1) spreads those who failed together over a fifth
/// of the time; `asked` is what the other end wants at least.
pub(super) fn wait(attempt: u32, chance: f64, asked: Option<TimeDelta>) -> TimeDelta {
    let doubled = (FIRST * 2_i32.pow(attempt.saturating_sub(1).min(10))).min(LONGEST);
    let spread = 1.0 + chance.clamp(0.0, 1.0) / 5.0;
    let spread_ms = doubled.num_milliseconds() as f64 * spread;
    TimeDelta::milliseconds(spread_ms as i64).max(asked.unwrap_or_default()).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_are_spread_and_never_longer_than_an_hour() {
        let seconds =
            |attempt, chance, asked: Option<i64>| wait(attempt, chance, asked.map(TimeDelta::seconds)).num_seconds();
        let plain: Vec<i64> = (1..=ATTEMPTS_MAX).map(|attempt| seconds(attempt, 0.0, None)).collect();
        assert_eq!(plain, [30, 60, 120, 240, 480, 960, 1_920, 3_600]);
        assert_eq!((seconds(1, 1.0, None), seconds(2, 0.5, None), seconds(90, 1.0, None)), (36, 66, 3_600));
        assert_eq!(
            (seconds(1, 0.0, Some(90)), seconds(3, 0.0, Some(90)), seconds(1, 0.0, Some(90_000))),
            (90, 120, 3_600)
        );
        assert_eq!(seconds(1, -3.0, Some(-5)), 30);
    }
}
