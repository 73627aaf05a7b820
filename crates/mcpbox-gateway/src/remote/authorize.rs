//! `/oauth/authorize`: a human at a browser. The page shows who asks for what, and a code; the decision is made on the admin page, or here
//! with a password. Each request has a cookie of its own, so that nobody but the browser that brought it takes the answer.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use mcpbox_catalog::oauth::{self, Answer, Ask, Asked, ErrorCode, OAuthError};
use mcpbox_core::{
    ids::AuthorizationRequestId,
    oauth::{AuthorizationRequest, RequestState},
    principal::Scope,
    token::TokenHash,
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Remote, address,
    answer::Trouble,
    fields::{self, Fields},
    pages::{self, Page},
};
use crate::gateway::Gateway;

/// Seconds that the cookie of a request lives: as long as the request.
const COOKIE_SECONDS: u32 = 600;

/// `GET /oauth/authorize` (RFC 6749, section 4.1.1).
pub(super) async fn begin(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let Some(remote) = gateway.config.remote.clone() else { return pages::nothing() };
    if request.method() != Method::GET {
        return pages::nothing();
    }
    let (from, query) = (address(&request), request.uri().query().unwrap_or_default().to_owned());
    match ask(&gateway, from, &query).await {
        Ok(Asked::Back(url)) => pages::go(&url),
        Ok(Asked::Begun(begun)) => {
            let mut response = show(&gateway, &begun.request, &begun.browser, &Showing::Wait);
            let cookie = cookie(&remote, begun.request.id, begun.browser.expose_secret(), COOKIE_SECONDS);
            response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
            response
        }
        Err(trouble) => pages::trouble(&trouble),
    }
}

async fn ask(gateway: &Arc<Gateway>, from: IpAddr, query: &str) -> Result<Asked, Trouble> {
    gateway.strangers.authorize(from).map_err(|wait| Trouble::wait("logins", wait))?;
    let mut fields = Fields::parse(query.as_bytes())?;
    let ask = Ask {
        client_id: fields.text("client_id"),
        redirect_uri: fields.take("redirect_uri"),
        response_type: fields.text("response_type"),
        state: fields.take("state"),
        code_challenge: fields.text("code_challenge"),
        code_challenge_method: fields.text("code_challenge_method"),
        scope: fields.text("scope"),
        resource: fields.take("resource"),
        origin: from.to_canonical().to_string(),
    };
    Ok(oauth::begin(&gateway.catalog, ask).await?)
}

/// `GET /oauth/authorize/{id}`: the browser looks whether somebody decided.
pub(super) async fn look(State(gateway): State<Arc<Gateway>>, Path(id): Path<String>, request: Request) -> Response {
    let (from, headers, query) =
        (address(&request), request.headers().clone(), request.uri().query() == Some("password"));
    let (Some(remote), Ok(id)) = (gateway.config.remote.as_ref(), id.parse()) else { return pages::nothing() };
    // A HEAD must not use up the code.
    if request.method() != Method::GET {
        return pages::nothing();
    }
    let looked = async {
        gateway.strangers.poll(from).map_err(|wait| Trouble::wait("looks", wait))?;
        let browser = browser(remote, &headers, id)?;
        if query {
            let found = oauth::look(&gateway.catalog, id, &browser).await?;
            if found.progress == RequestState::Waiting {
                return Ok(show(&gateway, &found, &browser, &Showing::Password(None)));
            }
        }
        Ok::<_, Trouble>(match oauth::answer(&gateway.catalog, id, &browser).await? {
            Answer::Wait(found) => show(&gateway, &found, &browser, &Showing::Wait),
            Answer::Go(url) => pages::go(&url),
        })
    };
    looked.await.unwrap_or_else(|trouble| pages::trouble(&trouble))
}

/// `POST /oauth/authorize/{id}`: the human refuses, or allows with a password.
pub(super) async fn decide(State(gateway): State<Arc<Gateway>>, Path(id): Path<String>, request: Request) -> Response {
    let from = address(&request);
    let (Some(remote), Ok(id)) = (gateway.config.remote.as_ref(), id.parse()) else { return pages::nothing() };
    let (parts, body) = request.into_parts();
    let decided = async {
        check_same_origin(remote, &parts.headers)?;
        let browser = browser(remote, &parts.headers, id)?;
        let mut fields = fields::form(&parts.headers, body).await?;
        if fields.text("proof") != proof(&browser) {
            return Err(foreign());
        }
        match fields.text("decision").as_str() {
            "deny" => oauth::deny_in_browser(&gateway.catalog, id, &browser).await?,
            _ => match password(&gateway, from, (id, &browser), &mut fields).await {
                Err(trouble) if is_for_the_form(&gateway, &trouble) => {
                    let found = oauth::look(&gateway.catalog, id, &browser).await?;
                    let mut response = show(&gateway, &found, &browser, &Showing::Password(Some(&trouble)));
                    trouble.mark(&mut response);
                    return Ok(response);
                }
                done => done?,
            },
        }
        Ok(pages::on(&format!("/oauth/authorize/{id}")))
    };
    decided.await.unwrap_or_else(|trouble| pages::trouble(&trouble))
}

/// Whether the human can try again in the form: after a wrong password, or after a while.
fn is_for_the_form(gateway: &Gateway, trouble: &Trouble) -> bool {
    let is_theirs = trouble.code == ErrorCode::AccessDenied || trouble.status == StatusCode::TOO_MANY_REQUESTS;
    is_theirs && oauth::may_login_with_password(&gateway.catalog)
}

async fn password(
    gateway: &Arc<Gateway>,
    from: IpAddr,
    (id, browser): (AuthorizationRequestId, &SecretString),
    fields: &mut Fields,
) -> Result<(), Trouble> {
    gateway.strangers.login(from).map_err(|wait| Trouble::wait("attempts to log in", wait))?;
    let found = oauth::look(&gateway.catalog, id, browser).await?;
    let ticked = |scope: &&Scope| fields.has(&format!("scope:{scope}"));
    let scopes: Vec<Scope> = found.scopes.iter().filter(ticked).cloned().collect();
    let (username, password) = (fields.text("username"), SecretString::from(fields.text("password")));
    Ok(oauth::approve_with_password(&gateway.catalog, (id, browser), (&username, &password), &scopes).await?)
}

enum Showing<'a> {
    /// The code, and a page that looks again.
    Wait,
    /// A form, and what was wrong with the last one.
    Password(Option<&'a Trouble>),
}

fn show(gateway: &Gateway, request: &AuthorizationRequest, browser: &SecretString, showing: &Showing<'_>) -> Response {
    let page = Page { request, proof: proof(browser), may_password: oauth::may_login_with_password(&gateway.catalog) };
    match showing {
        Showing::Password(trouble) if page.may_password => pages::password(&page, *trouble),
        Showing::Password(_) | Showing::Wait => pages::wait(&page),
    }
}

/// What a form shows to prove that it is ours: it follows from the cookie, which no other page can read.
fn proof(browser: &SecretString) -> String {
    TokenHash::of(&format!("form {}", browser.expose_secret())).as_str().to_owned()
}

fn name(remote: &Remote, id: AuthorizationRequestId) -> String {
    let prefix = if remote.is_https() { "__Host-" } else { "" };
    format!("{prefix}mcpbox-login-{}", id.0.simple())
}

fn cookie(remote: &Remote, id: AuthorizationRequestId, value: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if remote.is_https() { "; Secure" } else { "" };
    let name = name(remote, id);
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// The secret of the browser that brought this request.
fn browser(remote: &Remote, headers: &HeaderMap, id: AuthorizationRequestId) -> Result<SecretString, Trouble> {
    let name = name(remote, id);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let found = ours.find(|(given, _)| *given == name).map(|(_, value)| SecretString::from(value));
    found.ok_or_else(|| {
        let why = "this login began in another browser, or cookies are off here; begin anew in the client";
        Trouble::from(OAuthError { code: ErrorCode::InvalidRequest, description: why.to_owned() })
    })
}

/// Refuses forms of other pages. Browsers say where a form is from; the proof is needed besides.
fn check_same_origin(remote: &Remote, headers: &HeaderMap) -> Result<(), Trouble> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = text("origin").is_none_or(|origin| origin == remote.public_url);
    if site && origin { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> Trouble {
    Trouble::status(StatusCode::FORBIDDEN, "this form is not from this page; begin anew in the client")
}
