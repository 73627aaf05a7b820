//! What this process and its descendants use, read from /proc.

use std::{collections::HashMap, fs};

/// CPU time of this process, its zygotes and their ended children. Steadier than wall time on a busy machine.
pub(crate) fn cpu_ms() -> f64 {
    let ticks = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(4);
        fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>()
    };
    (ticks(std::process::id()) + descendants().into_iter().map(ticks).sum::<f64>()) * 10.0
}

/// Number and PSS (KiB) of all descendants.
pub(crate) fn memory() -> (usize, u64) {
    let ours = descendants();
    (ours.len(), ours.into_iter().map(pss).sum())
}

/// The zygote with most children: how many, and the PSS (KiB) of all of them and itself.
pub(crate) fn largest_family() -> (usize, u64) {
    let parents = parents();
    let mut families: HashMap<u32, Vec<u32>> = HashMap::new();
    for pid in descendants() {
        families.entry(parents.get(&pid).copied().unwrap_or_default()).or_default().push(pid);
    }
    let family = families.into_iter().max_by_key(|(_, children)| children.len());
    family
        .map_or((0, 0), |(zygote, children)| (children.len(), pss(zygote) + children.into_iter().map(pss).sum::<u64>()))
}

fn descendants() -> Vec<u32> {
    let parents = parents();
    let me = std::process::id();
    let is_ours = |pid: &u32| {
        std::iter::successors(parents.get(pid).copied(), |parent| parents.get(parent).copied())
            .take(20)
            .any(|parent| parent == me)
    };
    parents.keys().copied().filter(|pid| is_ours(pid)).collect()
}

fn parents() -> HashMap<u32, u32> {
    let mut parents: HashMap<u32, u32> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parents.insert(pid, parent.and_then(|text| text.trim().parse().ok()).unwrap_or(0));
    }
    parents
}

fn pss(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
