//! Copies of tools that are there already: who asks for a second one may want its name, its trust, or one line more.

use super::{Subject, finding};
use crate::{Finding, Severity, analyze::MAX_SOURCE_BYTES, finding::About};

/// Tokens that are compared together.
const WINDOW: usize = 5;
/// Fewest windows for a comparison to say anything.
const LEAST: usize = 30;
/// Share of the smaller tool's windows that the other has, in percent.
const ALIKE: usize = 80;

/// What code looks like, without spacing and comments: sorted hashes of what stands together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Vec<u64>);

impl Fingerprint {
    /// The fingerprint of a source; empty when it is too large to be looked at.
    pub fn of(code: &str) -> Self {
        if code.len() > MAX_SOURCE_BYTES {
            return Self(Vec::new());
        }
        let lines = code.lines().filter(|line| !line.trim_start().starts_with('#'));
        let tokens: Vec<u64> = lines.flat_map(tokens).map(|token| hash(token.as_bytes(), FNV)).collect();
        let windows = tokens.windows(WINDOW);
        let mut hashes: Vec<u64> =
            windows.map(|window| window.iter().fold(FNV, |sum, token| hash(&token.to_le_bytes(), sum))).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// How much of the smaller one is in the other, in percent; none when either says too little.
    fn likeness(&self, other: &Self) -> Option<usize> {
        let (small, large) = if self.0.len() <= other.0.len() { (&self.0, &other.0) } else { (&other.0, &self.0) };
        if small.len() < LEAST || small.len() * 3 < large.len() {
            return None;
        }
        Some(small.iter().filter(|window| large.binary_search(window).is_ok()).count() * 100 / small.len())
    }
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// Words, and every other character that is no space. Near enough to Python's tokens to compare by.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at_checked(if is_word(first) { word } else { first.len_utf8() })?;
        rest = after;
        Some(token)
    })
}

/// FNV-1a: the same on every machine and in every version, unlike the standard hasher.
fn hash(bytes: &[u8], start: u64) -> u64 {
    bytes.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Reports the tool that is most alike.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let prints = || subject.others.iter().filter_map(|other| other.fingerprint.map(|print| (other.name, print)));
    if prints().next().is_none() {
        return;
    }
    let own = Fingerprint::of(subject.code);
    let same = prints().filter(|(_, print)| !own.0.is_empty() && **print == own);
    if let Some(name) = same.map(|(name, _)| name).min() {
        let message = format!("the code is that of {name}");
        findings.push(finding(
            Severity::Warning,
            "duplicate_tool",
            About::Name,
            message,
            "Use that tool; two of the same only confuse.",
        ));
        return;
    }
    let alike = prints().filter_map(|(name, print)| own.likeness(print).map(|share| (share, name)));
    let most =
        alike.filter(|(share, _)| *share >= ALIKE).max_by_key(|(share, name)| (*share, std::cmp::Reverse(*name)));
    if let Some((share, name)) = most {
        let message = format!("{share} % of the smaller code is the same as in {name}: look at what differs");
        findings.push(finding(
            Severity::Warning,
            "near_duplicate",
            About::Name,
            message,
            "Change that tool with mcpbox_update_tool, or say in the notes why there are two.",
        ));
    }
}
