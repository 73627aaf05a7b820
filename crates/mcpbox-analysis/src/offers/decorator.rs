//! What stands in `@prompt(…)` and `@resource(…)`. Only literal text counts: a definition is what a reviewer reads.

use ruff_python_ast::{Decorator, Expr};
use ruff_text_size::Ranged;

use crate::{finding::Report, literal, symbols::Symbols};

/// Longest name for people, characters.
const TITLE_MAX: usize = 100;
const PROMPT_HINT: &str = "Write `@prompt`, or `@prompt(name=\"…\", title=\"…\", description=\"…\")` with plain text.";
const RESOURCE_HINT: &str =
    "Write `@resource(\"notes://{id}\")`, with name, title, description or mime_type as plain text.";

/// What a decorator says.
#[derive(Default)]
pub(super) struct Written {
    pub(super) uri: Option<String>,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) mime_type: Option<String>,
}

/// Reads a decorator; none, with a finding, when it is not as it must be.
pub(super) fn read(
    decorator: &Decorator,
    is_prompt: bool,
    symbols: &Symbols<'_>,
    report: &mut Report,
) -> Option<Written> {
    let hint = if is_prompt { PROMPT_HINT } else { RESOURCE_HINT };
    let mut wrong = |message: String| {
        report.error("bad_decorator", decorator, message, hint);
        None
    };
    let mut written = Written::default();
    let Expr::Call(call) = &decorator.expression else {
        return if is_prompt { Some(written) } else { wrong("@resource needs the URI of what it offers".to_owned()) };
    };
    for (place, argument) in call.arguments.args.iter().enumerate() {
        if is_prompt || place > 0 {
            return wrong("this argument has to be named".to_owned());
        }
        let Some(uri) = literal::text(argument, symbols) else {
            return wrong("the URI is computed, so that nobody can review it".to_owned());
        };
        written.uri = Some(uri);
    }
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else { return wrong("`**` hides the arguments".to_owned()) };
        let place = match name.as_str() {
            "name" => &mut written.name,
            "title" => &mut written.title,
            "description" => &mut written.description,
            "uri" if !is_prompt && written.uri.is_none() => &mut written.uri,
            "mime_type" if !is_prompt => &mut written.mime_type,
            _ => return wrong(format!("there is no argument `{name}`")),
        };
        let Some(text) = literal::text(&keyword.value, symbols) else {
            return wrong(format!("`{name}` is not plain text"));
        };
        *place = Some(text);
    }
    if !is_prompt && written.uri.is_none() {
        return wrong("@resource needs the URI of what it offers".to_owned());
    }
    if written.title.as_deref().is_some_and(|title| title.trim().is_empty() || title.chars().count() > TITLE_MAX) {
        return wrong(format!("a title has 1 to {TITLE_MAX} characters"));
    }
    if let Some(mime_type) = written.mime_type.as_deref().filter(|text| !is_mime_type(text)) {
        let shown: String = mime_type.chars().take(80).collect();
        let message = format!("`{shown}` is no MIME type");
        report.error(
            "bad_mime_type",
            decorator.range(),
            message,
            "Write one such as \"text/markdown\" or \"image/png\".",
        );
        return None;
    }
    Some(written)
}

/// `type/subtype`, with parameters after `;`.
fn is_mime_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default();
    let is_token = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_'))
    };
    let is_plain = text.len() <= 120 && text.chars().all(|c| matches!(c, ' '..='~'));
    is_plain && essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}
