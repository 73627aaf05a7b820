//! A trusted front: something before the gateway that signs people in by itself (the Cloudflare Worker) and says who they are. It
//! proves itself with a service token in each request; without that proof nothing it says counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::{
    principal::{Principal, Scope},
    token::TokenHash,
};

/// Carries the service token.
pub const TOKEN_HEADER: &str = "x-mcpbox-service-token";
/// Carries the e-mail address of whoever signed in.
pub const EMAIL_HEADER: &str = "x-mcpbox-user-email";
/// Carries the scopes that this person allowed the client, separated by spaces.
pub const SCOPE_HEADER: &str = "x-mcpbox-scope";
/// Whatever begins so is said by a front and by nobody else.
pub const HEADER_PREFIX: &str = "x-mcpbox-";
/// Most people let in through a front.
const EMAILS_MAX: usize = 200;
const EMAIL_MAX: usize = 254;

/// Which front is trusted, and whom it may bring in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrustedFront {
    /// SHA-256 of the service token, 64 lower-case hex digits. The token itself is not kept.
    pub token_hash: String,
    /// E-mail addresses of the people who may come in, in lower case.
    pub emails: BTreeSet<String>,
}

/// What a front said in one request; header values, none where a header is absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// Of [`TOKEN_HEADER`].
    pub token: Option<&'a str>,
    /// Of [`EMAIL_HEADER`].
    pub email: Option<&'a str>,
    /// Of [`SCOPE_HEADER`].
    pub scope: Option<&'a str>,
}

/// Who comes in through a front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visitor {
    /// Somebody it signed in. The subject is the e-mail address.
    Person(Principal),
    /// The front itself, which may look at what there is and call nothing.
    Discovery,
}

/// Why a request is not let in. Both are 403: a 401 would make a client sign in again, which mends neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontRefusal {
    /// The token is not that of a trusted front.
    #[error(
        "The service token is not that of this MCPbox. Repair the connection on its page: Settings, Remote access, Cloudflare."
    )]
    Token,
    /// The person is not on the list.
    #[error(
        "This account may not use this MCPbox. Its owner can add the e-mail address on its page: Settings, Remote access, Cloudflare."
    )]
    Person,
}

impl TrustedFront {
    /// A front with this token.
    ///
    /// # Errors
    /// A sentence about the first address that is none, or about their number.
    pub fn new<'a>(token: &str, emails: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let emails = emails.into_iter().map(|email| email.trim().to_lowercase()).collect();
        let front = Self { token_hash: TokenHash::of(token).as_str().to_owned(), emails };
        front.check().map(|()| front)
    }

    /// Checks what an admin wrote.
    ///
    /// # Errors
    /// A sentence about what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let is_hash = self.token_hash.len() == 64
            && self.token_hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hash {
            return Err("the token_hash of a trusted front must be 64 lower-case hex digits".to_owned());
        }
        if self.emails.is_empty() || self.emails.len() > EMAILS_MAX {
            return Err(format!(
                "a trusted front needs 1 to {EMAILS_MAX} e-mail addresses; an empty list would let nobody in"
            ));
        }
        match self.emails.iter().find(|email| !is_email(email)) {
            Some(wrong) => Err(format!("'{wrong}' is not an e-mail address in lower case")),
            None => Ok(()),
        }
    }

    /// Whether this is its token. Takes the same time whatever is wrong.
    fn knows(&self, token: &str) -> bool {
        TokenHash::of(token).as_str().as_bytes().ct_eq(self.token_hash.as_bytes()).into()
    }
}

/// Lets a request of a front in, or says why not. Every front is looked at, so that time tells nothing about which one fits.
///
/// # Errors
/// [`FrontRefusal`].
pub fn admit<'a>(fronts: impl IntoIterator<Item = &'a TrustedFront>, said: Said<'_>) -> Result<Visitor, FrontRefusal> {
    let token = said.token.unwrap_or_default();
    let known = fronts.into_iter().fold(None, |found, front| if front.knows(token) { Some(front) } else { found });
    let front = known.ok_or(FrontRefusal::Token)?;
    let Some(email) = said.email else { return Ok(Visitor::Discovery) };
    let email = email.trim().to_lowercase();
    if !front.emails.contains(&email) {
        return Err(FrontRefusal::Person);
    }
    Ok(Visitor::Person(Principal::Remote { subject: email, client: None, scopes: scopes(said.scope) }))
}

/// What the person allowed. Unknown scopes are nothing; a front that names none gives the least.
fn scopes(text: Option<&str>) -> Vec<Scope> {
    let Some(text) = text else { return vec![Scope::Tools] };
    let known = |word| match word {
        "mcp:tools" => Some(Scope::Tools),
        "mcp:author" => Some(Scope::Author),
        _ => None,
    };
    text.split_ascii_whitespace().filter_map(known).collect()
}

/// Whether it looks like an address, in lower case: `name@domain`, no blanks.
pub fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let is_plain =
        |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@');
    text.len() <= EMAIL_MAX && is_plain(name) && is_plain(domain) && domain.contains('.') && text == text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front() -> TrustedFront {
        TrustedFront::new("the-token", ["Ada@Example.com"]).unwrap()
    }

    fn said<'a>(token: &'a str, email: Option<&'a str>, scope: Option<&'a str>) -> Said<'a> {
        Said { token: Some(token), email, scope }
    }

    #[test]
    fn only_the_right_token_is_believed() {
        for token in ["", "the-toke", "the-token ", "THE-TOKEN", &front().token_hash] {
            assert_eq!(
                admit([&front()], said(token, Some("ada@example.com"), None)),
                Err(FrontRefusal::Token),
                "{token}"
            );
        }
        assert_eq!(admit([&front()], Said::default()), Err(FrontRefusal::Token));
        assert_eq!(admit([], said("the-token", None, None)), Err(FrontRefusal::Token));
        let other = TrustedFront::new("another", ["bob@example.com"]).unwrap();
        assert!(admit([&other, &front()], said("the-token", None, None)).is_ok());
        let foreign = admit([&other, &front()], said("the-token", Some("bob@example.com"), None));
        assert_eq!(foreign, Err(FrontRefusal::Person), "each front brings its own people");
    }

    #[test]
    fn a_person_must_be_on_the_list_and_gets_what_was_allowed() {
        let of = |email, scope| admit([&front()], said("the-token", email, scope));
        let ada = |scopes| {
            Ok(Visitor::Person(Principal::Remote { subject: "ada@example.com".to_owned(), client: None, scopes }))
        };
        assert_eq!(of(Some("ada@example.com"), None), ada(vec![Scope::Tools]));
        assert_eq!(of(Some(" ADA@example.COM "), Some("mcp:tools mcp:author")), ada(vec![Scope::Tools, Scope::Author]));
        assert_eq!(of(Some("ada@example.com"), Some("everything")), ada(vec![]));
        assert_eq!(of(Some("eve@example.com"), None), Err(FrontRefusal::Person));
        assert_eq!(of(Some(""), None), Err(FrontRefusal::Person), "an empty address is not an absent one");
        assert_eq!(of(None, Some("mcp:tools")), Ok(Visitor::Discovery));
    }

    #[test]
    fn lists_that_let_nobody_or_anything_in_are_refused() {
        for emails in [vec![], vec!["ada"], vec!["a b@example.com"], vec!["ada@example"], vec!["*@example.com@x.org"]] {
            assert!(TrustedFront::new("t", emails.clone()).is_err(), "{emails:?}");
        }
        let wrong = TrustedFront { token_hash: "abc".to_owned(), ..front() };
        assert!(wrong.check().unwrap_err().contains("64"));
    }
}
