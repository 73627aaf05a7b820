//! The forms in which a value may come back: as it is, and in the encodings that hosts and code put it in.

use std::{borrow::Cow, collections::BTreeSet};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter values are not looked for: they would hit ordinary text ("1234", "true").
pub(crate) const MIN_SCRUBBED_BYTES: usize = mcpbox_core::secret::MIN_SEALED_BYTES;

/// Longer values (keys, certificates) are looked for in fewer forms, and line by line.
const LONG_VALUE_BYTES: usize = 8 * 1024;

const MIN_LINE_BYTES: usize = 16;

/// RFC 3986: everything but the unreserved characters is encoded.
pub(crate) const COMPONENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// As [`COMPONENT`], but characters stay that a path segment may hold (RFC 3986 `pchar`).
pub(crate) const PATH_SEGMENT: AsciiSet = COMPONENT
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// Every form to look for; compared without regard to ASCII case, so hex and percent forms stand here once.
pub(crate) fn forms(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    add_text_forms(&mut forms, value);
    add_text_forms(&mut forms, value.trim());
    if value.len() <= LONG_VALUE_BYTES {
        add_encoded_forms(&mut forms, value);
        add_encoded_forms(&mut forms, value.trim());
    } else {
        forms.insert(STANDARD_NO_PAD.encode(value));
        forms.insert(URL_SAFE_NO_PAD.encode(value));
    }
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= MIN_LINE_BYTES && !line.starts_with("-----"));
    forms.extend(lines.map(str::to_owned));
    forms.retain(|form| form.len() >= MIN_SCRUBBED_BYTES);
    forms
}

fn add_text_forms(forms: &mut BTreeSet<String>, value: &str) {
    let json = json_escaped(value);
    forms.insert(json.replace('/', "\\/"));
    forms.insert(ascii_escaped(&json));
    forms.insert(json);
    forms.insert(value.to_owned());
}

fn add_encoded_forms(forms: &mut BTreeSet<String>, value: &str) {
    const QUOTED_PATH: AsciiSet = COMPONENT.remove(b'/');
    for set in [&COMPONENT, &PATH_SEGMENT, &QUOTED_PATH, NON_ALPHANUMERIC] {
        let encoded = utf8_percent_encode(value, set).to_string();
        forms.insert(encoded.replace("%20", "+"));
        forms.insert(encoded);
    }
    forms.insert(html_escaped(value));
    forms.insert(hex(value.as_bytes()));
    for lead in 0..3 {
        add_base64_forms(forms, value, lead);
    }
}

/// Base64 of the value with `lead` bytes before it that are not known (`user:value`): the characters that depend on
/// the value alone; once as if more follows, once as if the value ends there.
fn add_base64_forms(forms: &mut BTreeSet<String>, value: &str, lead: usize) {
    let mut bytes = vec![0; lead];
    bytes.extend_from_slice(value.as_bytes());
    let first = (lead * 8).div_ceil(6);
    let whole = bytes.len() * 8 / 6;
    for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
        forms.extend(encoded.get(first..whole).map(str::to_owned));
        forms.extend(encoded.get(first..).map(str::to_owned));
    }
}

/// The inside of a JSON string literal.
pub(crate) fn json_escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// JSON as encoders write it that keep to ASCII.
fn ascii_escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn html_escaped(value: &str) -> String {
    let escape = |c: char| match c {
        '&' => Cow::Borrowed("&amp;"),
        '<' => Cow::Borrowed("&lt;"),
        '>' => Cow::Borrowed("&gt;"),
        '"' => Cow::Borrowed("&quot;"),
        '\'' => Cow::Borrowed("&#x27;"),
        other => Cow::Owned(other.to_string()),
    };
    value.chars().map(escape).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
