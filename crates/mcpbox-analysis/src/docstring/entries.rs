//! The entries of a section: `name (type): text` and `name : type` with the text below.

use super::{clip, indentation};

/// Names and descriptions of a section's entries.
pub(super) fn read(lines: &[String], is_numpy: bool) -> Vec<(String, String)> {
    let first = lines.iter().find(|line| !line.trim().is_empty());
    let margin = first.map_or(0, |line| indentation(line));
    let mut entries: Vec<(Vec<String>, String)> = Vec::new();
    for line in lines {
        let text = line.trim();
        let is_head = !text.is_empty() && indentation(line) <= margin;
        match (is_head, is_numpy) {
            (true, true) => entries.push((names(text.split(':').next().unwrap_or_default()), String::new())),
            (true, false) => match google_head(text) {
                Some((names, text)) => entries.push((names, text.to_owned())),
                None => append(&mut entries, text),
            },
            (false, _) => append(&mut entries, text),
        }
    }
    let named = entries.into_iter().flat_map(|(names, text)| names.into_iter().map(move |name| (name, clip(&text))));
    named.filter(|(_, text)| !text.is_empty()).collect()
}

/// The description of a result section. A type in front (`dict: …`, or NumPy's first line) is left out.
pub(super) fn result(lines: &[String], is_numpy: bool) -> Option<String> {
    let mut texts = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).peekable();
    if is_numpy && lines.iter().filter(|line| !line.trim().is_empty()).count() > 1 {
        texts.next();
    }
    let first = texts.next()?;
    let first = match first.split_once(": ") {
        Some((kind, text)) if !is_numpy && is_type(kind) => text,
        _ => first,
    };
    let joined = texts.fold(first.to_owned(), |mut text, line| {
        text.push(' ');
        text.push_str(line);
        text
    });
    Some(clip(&joined))
}

fn append(entries: &mut [(Vec<String>, String)], text: &str) {
    if let Some((_, description)) = entries.last_mut().filter(|_| !text.is_empty()) {
        if !description.is_empty() {
            description.push(' ');
        }
        description.push_str(text);
    }
}

/// `name: text`, `name (type, optional): text`, `*name: text`.
fn google_head(text: &str) -> Option<(Vec<String>, &str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*' || c == ',' || c == ' '))?;
    let (head, mut rest) = text.split_at(end);
    if rest.starts_with('(') {
        rest = rest.get(closing_bracket(rest)? + 1..)?;
    }
    let description = rest.trim_start().strip_prefix(':')?;
    let names = names(head);
    (!names.is_empty() && names.iter().all(|name| !name.contains(' '))).then(|| (names, description.trim()))
}

fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

fn names(head: &str) -> Vec<String> {
    head.split(',').map(|name| name.trim().trim_start_matches('*').to_owned()).filter(|name| !name.is_empty()).collect()
}

fn is_type(text: &str) -> bool {
    text.len() <= 60
        && text.chars().all(|c| c.is_alphanumeric() || "_.[], |".contains(c))
        && (!text.contains(' ') || text.contains('[') || text.contains('|'))
}
