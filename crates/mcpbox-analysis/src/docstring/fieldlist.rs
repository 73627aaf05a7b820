//! Field lists: `:param type name: text`, `:returns: text` (reST) and `@param name: text` (Epytext).

use super::{Docstring, clip};

/// Reads the field that starts at the first of these lines; returns how many lines it has.
pub(super) fn read(lines: &[String], docstring: &mut Docstring) -> Option<usize> {
    let line = lines.first()?.trim();
    let (head, text) = line.strip_prefix([':', '@'])?.split_once(':')?;
    let mut words = head.split_whitespace();
    let role = words.next()?;
    let name = words.next_back();
    let more = lines
        .iter()
        .skip(1)
        .take_while(|line| line.starts_with(' ') && !line.trim_start().starts_with([':', '@']))
        .count();
    let mut description = text.trim().to_owned();
    for line in lines.iter().skip(1).take(more) {
        description.push(' ');
        description.push_str(line.trim());
    }
    let description = clip(&description);
    match (role, name) {
        ("param" | "parameter" | "arg" | "argument" | "key" | "keyword" | "ivar" | "var" | "attr", Some(name)) => {
            if !description.is_empty() {
                docstring.parameters.insert(name.trim_start_matches('*').to_owned(), description);
            }
        }
        ("return" | "returns", None) => docstring.returns = Some(description).filter(|text| !text.is_empty()),
        ("type" | "raises" | "raise" | "except" | "rtype" | "rparam" | "meta" | "yield" | "yields", _) => {}
        _ => return None,
    }
    Some(1 + more)
}
