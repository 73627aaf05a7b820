//! Questions to the user of the client: a reviewer should see what people will be asked, and secrets are never asked for.

use ruff_python_ast::{Expr, ExprCall};

use super::constant;
use crate::{finding::Report, symbols::Symbols};

/// Words of what no form may ask for.
const SECRETS: &[&str] = &["password", "passphrase", "api key", "api_key", "secret", "access token", "credential"];

/// `ctx.elicit("Which room?", {"room": str})`.
pub(super) fn check_call(call: &ExprCall, path: &str, symbols: &Symbols<'_>, report: &mut Report) {
    if path != "ctx.elicit" {
        return;
    }
    let message = call.arguments.find_argument_value("message", 0).and_then(|message| constant::text(message, symbols));
    let fields = call.arguments.find_argument_value("schema", 1).map(names).unwrap_or_default();
    let asked = message.iter().map(|text| text.to_string()).chain(fields).map(|text| text.to_lowercase());
    if asked.into_iter().any(|text| SECRETS.iter().any(|word| text.contains(word))) {
        report.danger(
            "asks_secret",
            call,
            "this asks the user of the client for a secret, which the client and the LLM then know",
            "Make a secret with mcpbox_create_server_secret; a human sets its value, and the code never sees it.",
        );
    }
    let told = match message {
        Some(text) => format!("the tool asks the user of its client: {}", text.chars().take(200).collect::<String>()),
        None => "the tool asks the user of its client something that it puts together while it runs".to_owned(),
    };
    report.notice(
        "asks_user",
        call,
        told,
        "Ask first, then act: with clients of the newer protocol main runs again from its beginning after each answer.",
    );
}

/// The constant keys of a form.
fn names(form: &Expr) -> Vec<String> {
    let Expr::Dict(form) = form else { return Vec::new() };
    let keys = form.items.iter().filter_map(|item| match item.key.as_ref()? {
        Expr::StringLiteral(key) => Some(key.value.to_str().to_owned()),
        _ => None,
    });
    keys.collect()
}
