//! The source text with an index of its lines.

use ruff_text_size::{TextRange, TextSize};

/// Longest snippet, bytes.
const SNIPPET_BYTES: usize = 160;

/// Source text and where its lines start.
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut line_starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            let ends_line = *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends_line {
                line_starts.push(index + 1);
            }
        }
        Self { text, line_starts }
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: TextSize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset.to_usize())).unwrap_or(u32::MAX)
    }

    /// Line and column in characters, both from 1.
    pub(crate) fn position(&self, offset: TextSize) -> (u32, u32) {
        let line = self.line(offset);
        let before = self.text.get(self.line_start(line)..offset.to_usize()).unwrap_or_default();
        (line, u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX))
    }

    /// The text of the line at an offset, cut around it when it is long.
    pub(crate) fn snippet(&self, offset: TextSize) -> String {
        let line = self.line(offset);
        let start = self.line_start(line);
        let end = self.line_starts.get(line as usize).copied().unwrap_or(self.text.len());
        let from = if end - start <= SNIPPET_BYTES {
            start
        } else {
            offset.to_usize().saturating_sub(SNIPPET_BYTES / 2).max(start)
        };
        let from = self.text.floor_char_boundary(from);
        let to = self.text.floor_char_boundary((from + SNIPPET_BYTES).min(end));
        let cut = self.text.get(from..to).unwrap_or_default().trim_end();
        format!("{}{cut}{}", if from > start { "…" } else { "" }, if to < end { "…" } else { "" })
    }

    /// The text of a range, cut to 200 characters.
    pub(crate) fn slice(&self, range: TextRange) -> String {
        let text = self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default();
        text.chars().take(200).collect()
    }

    /// Each line with its offset, without its end.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> + '_ {
        self.line_starts.iter().enumerate().map(|(index, start)| {
            let end = self.line_starts.get(index + 1).copied().unwrap_or(self.text.len());
            (*start, self.text.get(*start..end).unwrap_or_default().trim_end_matches(['\n', '\r']))
        })
    }

    fn line_start(&self, line: u32) -> usize {
        self.line_starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a\nüb = c\r\nd\re");
        let at = |text: &str| source.position(TextSize::try_from(source.text.find(text).unwrap()).unwrap());
        assert_eq!([at("a"), at("b"), at("c"), at("d"), at("e")], [(1, 1), (2, 2), (2, 6), (3, 1), (4, 1)]);
    }

    #[test]
    fn snippets_of_long_lines_are_cut_around_the_place() {
        let text = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let snippet = Source::new(&text).snippet(TextSize::new(5000));
        assert!(snippet.contains("HERE") && snippet.starts_with('…') && snippet.ends_with('…'), "{snippet}");
        assert!(snippet.chars().count() <= SNIPPET_BYTES + 2);
    }
}
