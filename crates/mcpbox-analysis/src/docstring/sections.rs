//! Sections: `Args:` (Google) and underlined `Parameters` (NumPy).

use super::{Docstring, entries, indentation};

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Parameters,
    Returns,
    Other,
}

/// A section's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) content: Content,
    pub(super) is_numpy: bool,
    pub(super) header_lines: usize,
    indentation: usize,
}

/// The section that starts at the first of these lines.
pub(super) fn header(lines: &[String]) -> Option<Section> {
    let line = lines.first()?;
    let name = line.trim();
    let next = lines.get(1).map_or("", |next| next.trim());
    let is_numpy = next.len() >= 3 && next.chars().all(|c| c == '-' || c == '=');
    let title = if is_numpy { name } else { name.strip_suffix(':')? };
    let content = content(title)?;
    Some(Section { content, is_numpy, header_lines: if is_numpy { 2 } else { 1 }, indentation: indentation(line) })
}

/// Reads the section's body and returns how many lines it has.
pub(super) fn read(section: &Section, lines: &[String], docstring: &mut Docstring) -> usize {
    let count = body_lines(section, lines);
    let body = lines.get(..count).unwrap_or_default();
    match section.content {
        Content::Parameters => docstring.parameters.extend(entries::read(body, section.is_numpy)),
        Content::Returns => docstring.returns = entries::result(body, section.is_numpy).or(docstring.returns.take()),
        Content::Other => {}
    }
    count
}

/// A Google section ends where the indentation does, a NumPy section at the next header.
fn body_lines(section: &Section, lines: &[String]) -> usize {
    let ends = |(index, line): (usize, &String)| {
        if line.trim().is_empty() {
            return false;
        }
        let is_out = indentation(line) <= section.indentation && !section.is_numpy;
        is_out
            || header(lines.get(index..).unwrap_or_default())
                .is_some_and(|next| next.indentation <= section.indentation)
    };
    lines.iter().enumerate().position(|(index, line)| ends((index, line))).unwrap_or(lines.len())
}

fn content(title: &str) -> Option<Content> {
    match title.to_ascii_lowercase().as_str() {
        "args" | "arguments" | "parameters" | "params" | "keyword args" | "keyword arguments" | "other parameters"
        | "attributes" | "fields" => Some(Content::Parameters),
        "returns" | "return" | "yields" | "yield" => Some(Content::Returns),
        "raises" | "raise" | "except" | "exceptions" | "warns" | "examples" | "example" | "note" | "notes"
        | "see also" | "references" | "todo" | "warning" | "warnings" | "usage" => Some(Content::Other),
        _ => None,
    }
}
