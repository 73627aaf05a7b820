//! One status out of many: sums, the weakest tier, and a sentence that names who is missing.

use mcpbox_core::execute::{SandboxStatus, SandboxTier};

use super::WorkerState;

/// The status of all workers together.
pub(super) fn of_all(states: &[(String, WorkerState)]) -> SandboxStatus {
    let up: Vec<&SandboxStatus> = states
        .iter()
        .filter_map(|(_, state)| match state {
            WorkerState::Up(status) => Some(status),
            _ => None,
        })
        .collect();
    let sum = |count: fn(&SandboxStatus) -> u32| up.iter().map(|status| count(status)).fold(0, u32::saturating_add);
    let weakest = up.iter().max_by_key(|status| weakness(status.tier));
    let mut pythons: Vec<&str> = up.iter().map(|status| status.python.as_str()).collect();
    pythons.sort_unstable();
    pythons.dedup();
    SandboxStatus {
        // Nobody answers: no layer is known to hold, and nothing runs.
        tier: weakest.map_or(SandboxTier::None, |status| status.tier),
        detail: detail(states, up.len(), weakest.map(|status| status.detail.as_str())),
        python: pythons.join(", "),
        parked: sum(|status| status.parked),
        running: sum(|status| status.running),
        queued: sum(|status| status.queued),
        base_ready: !up.is_empty() && up.iter().all(|status| status.base_ready),
    }
}

fn detail(states: &[(String, WorkerState)], up: usize, weakest: Option<&str>) -> String {
    let missing = states.iter().filter_map(|(name, state)| match state {
        WorkerState::Up(_) => None,
        WorkerState::Unknown => Some(format!("{name} was not asked yet")),
        WorkerState::Down(reason) => Some(format!("{name}: {reason}")),
    });
    let missing: Vec<String> = missing.collect();
    let mut text = match up {
        0 => "No sandbox worker is usable, so no tool can run.".to_owned(),
        _ => format!("{up} of {} sandbox workers are usable. {}", states.len(), weakest.unwrap_or_default()),
    };
    if !missing.is_empty() {
        text.push_str(&format!(" Missing: {}.", missing.join("; ")));
    }
    text
}

fn weakness(tier: SandboxTier) -> u8 {
    match tier {
        SandboxTier::Full => 0,
        SandboxTier::NoNamespaces => 1,
        SandboxTier::None => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(tier: SandboxTier, python: &str, base_ready: bool) -> WorkerState {
        let detail = format!("{tier:?} holds.");
        WorkerState::Up(SandboxStatus {
            tier,
            detail,
            python: python.into(),
            parked: 2,
            running: 3,
            queued: 0,
            base_ready,
        })
    }

    #[test]
    fn the_weakest_counts_and_the_missing_are_named() {
        let states = [
            ("http://a".to_owned(), up(SandboxTier::Full, "3.13.1", true)),
            ("http://b".to_owned(), up(SandboxTier::NoNamespaces, "3.11.2", false)),
            ("http://c".to_owned(), WorkerState::Down("connection refused".into())),
        ];
        let status = of_all(&states);
        assert_eq!(
            (status.tier, status.parked, status.running, status.base_ready),
            (SandboxTier::NoNamespaces, 4, 6, false)
        );
        assert_eq!(status.python, "3.11.2, 3.13.1");
        assert_eq!(
            status.detail,
            "2 of 3 sandbox workers are usable. NoNamespaces holds. Missing: http://c: connection refused."
        );
        let nobody = of_all(&states[2..]);
        assert_eq!((nobody.tier, nobody.base_ready), (SandboxTier::None, false));
        assert!(nobody.detail.starts_with("No sandbox worker is usable"), "{}", nobody.detail);
    }
}
