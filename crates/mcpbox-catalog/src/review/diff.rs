//! The difference between what serves and what is asked for, as text and as lines for a page.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// A difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diff {
    /// Unified diff; empty when nothing changed.
    pub unified: String,
    /// The same as hunks of lines.
    pub hunks: Vec<DiffHunk>,
    /// Added lines.
    pub added: u32,
    /// Removed lines.
    pub removed: u32,
}

/// Changed lines with three unchanged ones around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffHunk {
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffLine {
    /// What happened to it.
    pub change: LineChange,
    /// Its number before, from 1.
    pub old_line: Option<u32>,
    /// Its number after, from 1.
    pub new_line: Option<u32>,
    /// Its text.
    pub text: String,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineChange {
    /// It is in both.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

impl Diff {
    /// The difference between `before` and `after`, which are called so in the unified form.
    pub fn between(before: &str, after: &str, names: (&str, &str)) -> Self {
        let diff = TextDiff::from_lines(before, after);
        let unified = diff.unified_diff().context_radius(CONTEXT).header(names.0, names.1).to_string();
        let hunks: Vec<DiffHunk> = diff.grouped_ops(CONTEXT).iter().map(|ops| hunk(&diff, ops)).collect();
        let count = |wanted| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.change == wanted).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self { unified, added: number(count(LineChange::Added)), removed: number(count(LineChange::Removed)), hunks }
    }
}

fn hunk(diff: &TextDiff<'_, '_, str>, ops: &[similar::DiffOp]) -> DiffHunk {
    let line = |index: Option<usize>| index.and_then(|index| u32::try_from(index + 1).ok());
    let lines = ops.iter().flat_map(|op| diff.iter_changes(op)).map(|change| DiffLine {
        change: match change.tag() {
            ChangeTag::Equal => LineChange::Same,
            ChangeTag::Insert => LineChange::Added,
            ChangeTag::Delete => LineChange::Removed,
        },
        old_line: line(change.old_index()),
        new_line: line(change.new_index()),
        text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
    });
    DiffHunk { lines: lines.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_counts_and_numbers_its_lines() {
        let diff = Diff::between("a\nb\nc\n", "a\nB\nc\nd\n", ("v1", "v2"));
        assert_eq!((diff.added, diff.removed), (2, 1));
        let changed: Vec<_> =
            diff.hunks[0].lines.iter().map(|l| (l.change, l.old_line, l.new_line, l.text.as_str())).collect();
        assert!(changed.contains(&(LineChange::Removed, Some(2), None, "b")));
        assert!(changed.contains(&(LineChange::Added, None, Some(4), "d")));
        assert!(diff.unified.contains("--- v1") && diff.unified.contains("+B"));
        assert_eq!(Diff::between("same", "same", ("a", "b")).unified, "");
    }
}
