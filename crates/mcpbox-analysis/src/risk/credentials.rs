//! Credentials that stand in the code, where everybody who may read the tool reads them: known forms of keys, private keys,
//! passwords in addresses, and random texts under names such as `token`.

use ruff_python_ast::{Expr, ExprCall, ExprDict};
use ruff_text_size::{Ranged, TextRange};

use super::{constant, entropy};
use crate::{finding::Report, symbols::Symbols};

const RULE: &str = "hardcoded_credential";
const HINT: &str =
    "Make a secret with mcpbox_create_server_secret, read it as secrets[\"KEY\"], and have this one revoked.";

/// How keys of well-known services begin, and their least length.
const PREFIXES: &[(&str, usize)] = &[
    ("AIza", 35),
    ("AKIA", 20),
    ("ASIA", 20),
    ("EAAC", 40),
    ("SG.", 40),
    ("dckr_pat_", 25),
    ("dop_v1_", 40),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("ghu_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("hf_", 30),
    ("npm_", 36),
    ("pypi-", 50),
    ("rk_live_", 20),
    ("shpat_", 30),
    ("sk-", 20),
    ("sk_live_", 20),
    ("tskey-", 20),
    ("xapp-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("ya29.", 30),
];

/// Parts of names whose value is a credential.
const NAMES: &[&str] = &[
    "accesskey",
    "apikey",
    "appid",
    "authorization",
    "authtoken",
    "clientsecret",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "token",
];

/// Words of texts that only stand for a credential.
const PLACEHOLDERS: &[&str] =
    &["changeme", "dummy", "example", "placeholder", "sample", "xxxx", "your", "<", "{", "…", "..."];

/// The forms of credentials that show in any text.
pub(super) fn check_text(text: &str, at: impl Ranged, report: &mut Report) {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return found("a private key", at.range(), report);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    for word in text.split(|c: char| !is_part(c)).filter(|word| word.len() >= 20) {
        let is_known = PREFIXES.iter().any(|(prefix, length)| word.starts_with(prefix) && word.len() >= *length);
        let is_token = word.starts_with("eyJ") && word.matches('.').count() == 2 && word.len() > 60;
        let is_bot = word.split_once(':').is_some_and(|(id, key)| {
            (8..=10).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()) && key.len() == 35
        });
        if (is_known || is_token || is_bot) && !is_placeholder(word) && entropy::bits(word) > 3.0 {
            return found("a key", at.range(), report);
        }
    }
    if let Some(password) = password_in_address(text).filter(|password| !is_placeholder(password)) {
        let _ = password;
        found("a password within an address", at.range(), report);
    }
}

/// `name = "…"`, `{"name": "…"}`, `name="…"`.
pub(super) fn check_named(name: &str, value: &Expr, report: &mut Report) {
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if !NAMES.iter().any(|part| bare.contains(part)) {
        return;
    }
    let Expr::StringLiteral(literal) = value else { return };
    let text = literal.value.to_str();
    let text =
        ["Bearer ", "Basic ", "Token ", "token "].iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
    let is_one_word = (8..=200).contains(&text.len()) && text.is_ascii() && !text.contains([' ', '\n']);
    if is_one_word && !text.contains("://") && !is_placeholder(text) && entropy::is_random(text) {
        found(&format!("a credential (`{}`)", name.chars().take(40).collect::<String>()), value.range(), report);
    }
}

/// The entries of a dictionary.
pub(super) fn check_dict(dict: &ExprDict, report: &mut Report) {
    for item in &dict.items {
        if let Some(Expr::StringLiteral(key)) = &item.key {
            check_named(key.value.to_str(), &item.value, report);
        }
    }
}

/// Named arguments, and `auth=("user", "password")`.
pub(super) fn check_call(call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else { continue };
        check_named(name.as_str(), &keyword.value, report);
        if name.as_str() == "auth"
            && let Expr::Tuple(pair) = &keyword.value
            && let [_, password] = pair.elts.as_slice()
            && let Some(text) = constant::text(password, symbols)
            && text.len() >= 4
            && !is_placeholder(&text)
        {
            found("a password", password.range(), report);
        }
    }
}

fn found(what: &str, at: TextRange, report: &mut Report) {
    report.danger(RULE, at, format!("{what} stands in the code, where everybody who sees the tool can read it"), HINT);
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// `https://user:password@host`
fn password_in_address(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ' ']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| password.len() >= 4)
}
