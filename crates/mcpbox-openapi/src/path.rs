//! Path templates: `/pets/{petId}/photos`.

use crate::SpecError;

/// Longest template, bytes.
const MAX_BYTES: usize = 1_000;

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Parameter(String),
}

/// The parts of a template.
///
/// # Errors
/// When something of it cannot stand in the path of an address.
pub(crate) fn parts(path: &str) -> Result<Vec<Part>, SpecError> {
    let refused = |why: &str| SpecError::new(format!("its path {why}"), "correct the path in the document");
    if !path.starts_with('/') || path.len() > MAX_BYTES {
        return Err(refused("does not begin with / or is too long"));
    }
    if path.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '?' | '#' | '\\' | '"' | '<' | '>')) {
        return Err(refused("has a character that does not belong into one, such as ?, # or a space"));
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(refused("has a segment . or .."));
    }
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some((text, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| refused("has a { without }"))?;
        if name.is_empty() || name.contains(['{', '/']) || text.contains('}') {
            return Err(refused("has braces that do not name a parameter"));
        }
        parts.extend((!text.is_empty()).then(|| Part::Text(text.to_owned())));
        parts.push(Part::Parameter(name.to_owned()));
        rest = after;
    }
    if rest.contains('}') {
        return Err(refused("has a } without {"));
    }
    parts.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_texts_and_parameters() {
        let text = |text: &str| Part::Text(text.to_owned());
        let parameter = |name: &str| Part::Parameter(name.to_owned());
        assert_eq!(parts("/").unwrap(), [text("/")]);
        assert_eq!(
            parts("/a/{b}/c{d}.json").unwrap(),
            [text("/a/"), parameter("b"), text("/c"), parameter("d"), text(".json")]
        );
        for bad in
            ["", "a", "/a?b=c", "/a#b", "/a b", "/{", "/a}", "/{}", "/{a{b}}", "/{a/b}", "/a/../b", "/\u{0}", "/\\x"]
        {
            assert!(parts(bad).is_err(), "{bad:?}");
        }
    }
}
