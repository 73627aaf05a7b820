//! URIs of resources, and templates of them: `notes://all`, `notes://{id}`. A parameter stands for a part without `/`, `?` and
//! `#`; nothing else of RFC 6570 exists, so that what a template matches is plain to a reviewer.

/// Longest URI or template, bytes.
pub const URI_MAX_BYTES: usize = 1_000;
/// Most parameters of a template.
const PARAMETERS_MAX: usize = 16;
/// Schemes with a meaning of their own to clients, who would fetch, open, run or render what is named so.
const RESERVED: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "ftp",
    "git",
    "http",
    "https",
    "javascript",
    "mailto",
    "mcpbox",
    "skill",
    "ssh",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Why a text is no URI of a resource, nor a template of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Too long, or empty.
    #[error("a URI has 1 to {URI_MAX_BYTES} bytes")]
    Length,
    /// Nothing that says what sort of thing it names.
    #[error("`{0}` has no scheme")]
    NoScheme(String),
    /// A scheme that clients take for something else.
    #[error("the scheme `{0}:` means something else to clients")]
    Reserved(String),
    /// A character that no URI has.
    #[error("`{0}` cannot stand in a URI")]
    Character(char),
    /// A brace without its other half, or one that holds no name.
    #[error("`{{{0}` is no parameter")]
    Brace(String),
    /// The same parameter twice.
    #[error("the parameter `{0}` stands there twice")]
    Twice(String),
    /// Two parameters with nothing between them: where one ends cannot be told.
    #[error("nothing stands between `{0}` and the parameter before it")]
    Adjacent(String),
    /// Too many parameters.
    #[error("it has more than {PARAMETERS_MAX} parameters")]
    TooMany,
}

impl UriError {
    /// How to mend it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Length => "Write a shorter one: `notes://{id}`.",
            Self::NoScheme(_) => "Begin with a scheme of your own, in small letters: `notes://{id}`.",
            Self::Reserved(_) => "Use a scheme of your own, such as the name of what it holds: `notes://{id}`.",
            Self::Character(_) => "Use ASCII letters, digits and -._~:/?@!$&'()*+,;=%; write others percent-encoded.",
            Self::Brace(_) => "Write parameters as `{name}`, each named like a parameter of the function.",
            Self::Twice(_) => "Name each parameter once.",
            Self::Adjacent(_) => "Put a `/` or another text between them: `notes://{book}/{page}`.",
            Self::TooMany => "Use fewer parameters.",
        }
    }
}

/// The MIME type of a page that a client shows beside a tool (the extension MCP Apps).
pub const PAGE_MIME_TYPE: &str = "text/html;profile=mcp-app";
/// The scheme that such pages have, and nothing else.
pub const PAGE_SCHEME: &str = "ui://";

/// A URI, or a template of some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplate {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Parameter(String),
}

impl UriTemplate {
    /// Reads a URI or template as an author wrote it.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.is_empty() || text.len() > URI_MAX_BYTES {
            return Err(UriError::Length);
        }
        check_scheme(text)?;
        let (mut parts, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (before, after) = rest.split_once('{').unwrap_or((rest, ""));
            if let Some(wrong) = before.chars().find(|c| !is_uri_character(*c)) {
                return Err(UriError::Character(wrong));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            if before.len() == rest.len() {
                break;
            }
            let (name, after) = after.split_once('}').ok_or_else(|| UriError::Brace(shown(after)))?;
            add_parameter(&mut parts, name)?;
            rest = after;
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// It as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names one thing only.
    pub fn is_fixed(&self) -> bool {
        self.parameters().next().is_none()
    }

    /// The names of its parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The values of its parameters in a URI, decoded; none when it does not name that one.
    pub fn values(&self, uri: &str) -> Option<Vec<(&str, String)>> {
        if uri.len() > URI_MAX_BYTES {
            return None;
        }
        let (mut values, mut rest) = (Vec::new(), uri);
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                Part::Parameter(name) => {
                    let end = match (self.parts.get(index + 1), self.parts.get(index + 2)) {
                        (None, _) => rest.len(),
                        // What follows is the end: it stands there, not where it is first seen.
                        (Some(Part::Text(last)), None) => rest.len().checked_sub(last.len())?,
                        (Some(Part::Text(next)), Some(_)) => rest.find(next.as_str())?,
                        (Some(Part::Parameter(_)), _) => return None,
                    };
                    let (value, after) = rest.split_at_checked(end)?;
                    if value.is_empty() || value.contains(['/', '?', '#']) {
                        return None;
                    }
                    values.push((name.as_str(), decoded(value)?));
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

fn check_scheme(text: &str) -> Result<(), UriError> {
    let scheme = text.split_once(':').filter(|(_, rest)| !rest.is_empty()).map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &&str| {
        scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
    };
    let Some(scheme) = scheme.filter(is_scheme) else { return Err(UriError::NoScheme(shown(text))) };
    if RESERVED.contains(&scheme) { Err(UriError::Reserved(scheme.to_owned())) } else { Ok(()) }
}

fn add_parameter(parts: &mut Vec<Part>, name: &str) -> Result<(), UriError> {
    let is_name = !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(UriError::Brace(shown(name)));
    }
    if matches!(parts.last(), Some(Part::Parameter(_))) {
        return Err(UriError::Adjacent(shown(name)));
    }
    if parts.iter().any(|part| matches!(part, Part::Parameter(other) if other == name)) {
        return Err(UriError::Twice(shown(name)));
    }
    if parts.len() > 2 * PARAMETERS_MAX {
        return Err(UriError::TooMany);
    }
    parts.push(Part::Parameter(name.to_owned()));
    Ok(())
}

fn is_uri_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=%".contains(c)
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A percent-encoded text; none when it is no UTF-8, or holds a control character.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => (hex::decode([*high, *low]).ok()?.first().copied()?, after),
            (b'%', _) => return None,
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(template: &str, uri: &str) -> Option<Vec<String>> {
        let template = UriTemplate::parse(template).unwrap();
        template.values(uri).map(|values| values.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn a_template_names_what_fits_it_and_nothing_else() {
        let cases: &[(&str, &str, Option<&[&str]>)] = &[
            ("notes://all", "notes://all", Some(&[])),
            ("notes://all", "notes://all/", None),
            ("notes://{id}", "notes://7", Some(&["id=7"])),
            ("notes://{id}", "notes://a%2Fb%20%C3%BC", Some(&["id=a/b ü"])),
            ("notes://{id}", "notes://", None),
            ("notes://{id}", "notes://a/b", None),
            ("notes://{id}", "notes://a?b", None),
            ("notes://{id}", "notes://%", None),
            ("notes://{id}", "notes://%ff", None),
            ("notes://{id}", "notes://%00", None),
            ("n://{book}/pages/{page}.md", "n://b/pages/a.md.md", Some(&["book=b", "page=a.md"])),
            ("n://{book}/pages/{page}.md", "n://b/pages/.md", None),
            ("n://{a}-{b}", "n://1-2-3", Some(&["a=1", "b=2-3"])),
            ("n://{a}bb", "n://bbb", Some(&["a=b"])),
        ];
        for (template, uri, expected) in cases {
            let expected = expected.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
            assert_eq!(values(template, uri), expected, "{template} {uri}");
        }
    }

    #[test]
    fn what_is_no_uri_says_why() {
        let cases = [
            ("", UriError::Length),
            ("notes", UriError::NoScheme("notes".into())),
            ("notes:", UriError::NoScheme("notes:".into())),
            ("Notes://a", UriError::NoScheme("Notes://a".into())),
            ("{scheme}://a", UriError::NoScheme("{scheme}://a".into())),
            ("https://a.de", UriError::Reserved("https".into())),
            ("notes://ä", UriError::Character('ä')),
            ("notes://a}", UriError::Character('}')),
            ("notes://{a", UriError::Brace("a".into())),
            ("notes://{a*}", UriError::Brace("a*".into())),
            ("notes://{}", UriError::Brace(String::new())),
            ("notes://{a}/{a}", UriError::Twice("a".into())),
            ("notes://{a}{b}", UriError::Adjacent("b".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(UriTemplate::parse(text), Err(expected), "{text}");
        }
        let many: String = (0..40).map(|i| format!("/{{p{i}}}")).collect();
        assert_eq!(UriTemplate::parse(&format!("n:{many}")), Err(UriError::TooMany));
        assert_eq!(UriTemplate::parse(&"n".repeat(URI_MAX_BYTES + 1)), Err(UriError::Length));
    }

    proptest! {
        #[test]
        fn values_put_into_a_template_come_back(one in "[a-z0-9]{1,9}", other in "[a-zA-Z0-9_]{1,9}") {
            let template = UriTemplate::parse("notes://{one}/x/{other}.md").unwrap();
            let uri = format!("notes://{one}/x/{other}.md");
            prop_assert_eq!(template.values(&uri), Some(vec![("one", one), ("other", other)]));
        }

        #[test]
        fn no_text_breaks_it(template in "n:[a-z{}/%]{0,20}", uri in "n:[a-z/%2]{0,20}") {
            if let Ok(template) = UriTemplate::parse(&template) {
                let _values = template.values(&uri);
            }
        }
    }
}
