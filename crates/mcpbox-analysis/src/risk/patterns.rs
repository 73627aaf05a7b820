//! Regular expressions that take exponential time on the right text: a repeated group in which everything may repeat, too.

use ruff_python_ast::ExprCall;
use ruff_text_size::Ranged;

use super::constant;
use crate::{finding::Report, symbols::Symbols};

const FUNCTIONS: &[&str] = &["compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"];

/// Checks the pattern of `re.compile(…)` and its like.
pub(super) fn check_call(call: &ExprCall, path: &str, symbols: &Symbols<'_>, report: &mut Report) {
    let is_pattern = path
        .split_once('.')
        .is_some_and(|(module, name)| matches!(module, "re" | "regex") && FUNCTIONS.contains(&name));
    let Some(pattern) = call.arguments.args.first().filter(|_| is_pattern) else { return };
    if constant::text(pattern, symbols).is_some_and(|text| is_slow(&text)) {
        report.warning(
            "slow_pattern",
            pattern.range(),
            "this pattern takes exponential time on some texts",
            "Repeat a group only when something in it must be there once: (\\w+\\s)+ instead of (\\w+\\s?)+.",
        );
    }
}

#[derive(Clone, Copy, Default)]
struct Group {
    /// Something in it repeats without end.
    repeats: bool,
    /// Something in it must be there.
    fixed: bool,
}

/// Whether a group repeats without end although all in it may repeat or be absent.
fn is_slow(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let mut groups = vec![Group::default()];
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let mut closed = None;
        index = match byte {
            b'(' => {
                groups.push(Group::default());
                index += 1 + group_head(pattern.get(index + 1..).unwrap_or_default());
                continue;
            }
            b'[' => class_end(bytes, index),
            b'\\' => index + 2,
            b')' => {
                closed = Some(groups.pop().unwrap_or_default());
                index + 1
            }
            b'|' | b'^' | b'$' => {
                index += 1;
                continue;
            }
            _ => index + 1,
        };
        let (is_endless, may_miss, length) = quantifier(bytes.get(index..).unwrap_or_default());
        index += length;
        if is_endless && closed.is_some_and(|group| group.repeats && !group.fixed) {
            return true;
        }
        if let Some(group) = groups.last_mut() {
            group.repeats |= is_endless || closed.is_some_and(|inner| inner.repeats && !inner.fixed);
            group.fixed |= !is_endless && !may_miss && closed.is_none_or(|inner| inner.fixed);
        }
    }
    false
}

/// The length of what follows an opening parenthesis and is no part of the group: `?:`, `?P<name>`.
fn group_head(rest: &str) -> usize {
    if rest.starts_with("?:") {
        return 2;
    }
    let named =
        rest.starts_with("?P<") || (rest.starts_with("?<") && !rest.starts_with("?<=") && !rest.starts_with("?<!"));
    rest.find('>').filter(|_| named).map_or(0, |end| end + 1)
}

fn class_end(bytes: &[u8], start: usize) -> usize {
    let mut index = start + 1;
    index += usize::from(bytes.get(index) == Some(&b'^'));
    index += usize::from(bytes.get(index) == Some(&b']'));
    while let Some(byte) = bytes.get(index) {
        match byte {
            b']' => return index + 1,
            b'\\' => index += 2,
            _ => index += 1,
        }
    }
    index
}

/// Whether what stands before may repeat without end, whether it may be absent, and the quantifier's length.
fn quantifier(rest: &[u8]) -> (bool, bool, usize) {
    let (is_endless, may_miss, length) = match rest.first() {
        Some(b'*') => (true, true, 1),
        Some(b'+') => (true, false, 1),
        Some(b'?') => (false, true, 1),
        Some(b'{') => match rest.iter().position(|byte| *byte == b'}') {
            Some(end) => {
                let inner = rest.get(1..end).unwrap_or_default();
                (inner.ends_with(b","), inner.starts_with(b"0") || inner.starts_with(b","), end + 1)
            }
            None => (false, false, 0),
        },
        _ => (false, false, 0),
    };
    let is_possessive = length > 0 && rest.get(length) == Some(&b'+');
    let suffix = usize::from(length > 0 && matches!(rest.get(length), Some(b'?' | b'+')));
    (is_endless && !is_possessive, may_miss, length + suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_patterns_are_told_from_usual_ones() {
        for slow in [r"(a+)+", r"(\w+\s?)+$", r"([a-z]*)*", r"(?:\d+)+x", r"((a+))*", r"(?P<w>\w+)*", r"(.*,?){1,}"] {
            assert!(is_slow(slow), "{slow}");
        }
        for fine in [
            r"(\.\d+)*",
            r"(a+b)+",
            r"\w+",
            r"([^\]]+)\]",
            r"(\d{1,2})d(\d{1,4})([+-]\d{1,4})?",
            r"(a)+",
            r"(a++)+",
            r"\(a+\)+",
        ] {
            assert!(!is_slow(fine), "{fine}");
        }
    }
}
