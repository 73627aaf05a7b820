//! `/oauth/authorize`: a human at a browser. The page shows who asks for what, and a code; the decision is made on the admin page, or here
//! with a password or the OpenID provider. Each request has a cookie of its own, so that nobody but the browser that brought it takes the answer.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};
use mcpbox_catalog::{
    identity,
    oauth::{self, Answer, Ask, Asked, ErrorCode, Given, OAuthError},
};
use mcpbox_core::{
    ids::AuthorizationRequestId,
    oauth::{AuthorizationRequest, RequestState},
    principal::Scope,
    token::TokenHash,
};
use mcpbox_listen::LoginFrom;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Remote, address,
    answer::Trouble,
    cookies,
    fields::{self, Fields},
    login_from,
    pages::{self, Page},
    provider,
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
            let mut response = show(&gateway, &begun.request, &begun.browser, &Showing::Wait).await;
            let lasts = (COOKIE_SECONDS, "Strict");
            let cookie = cookies::write(&remote, &name(begun.request.id), begun.browser.expose_secret(), lasts);
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
    let (from, headers, here) = (address(&request), request.headers().clone(), request.uri().query() == Some("here"));
    let (Some(remote), Ok(id)) = (gateway.config.remote.as_ref(), id.parse()) else { return pages::nothing() };
    // A HEAD must not use up the code.
    if request.method() != Method::GET {
        return pages::nothing();
    }
    let looked = async {
        gateway.strangers.poll(from).map_err(|wait| Trouble::wait("looks", wait))?;
        let browser = browser(remote, &headers, id)?;
        if here {
            let found = oauth::look(&gateway.catalog, id, &browser).await?;
            if found.progress == RequestState::Waiting {
                return Ok(show(&gateway, &found, &browser, &Showing::Here(None)).await);
            }
        }
        Ok::<_, Trouble>(match oauth::answer(&gateway.catalog, id, &browser).await? {
            Answer::Wait(found) => show(&gateway, &found, &browser, &Showing::Wait).await,
            Answer::Go(url) => pages::go(&url),
        })
    };
    looked.await.unwrap_or_else(|trouble| pages::trouble(&trouble))
}

/// `POST /oauth/authorize/{id}`: the human refuses, or allows with a password.
pub(super) async fn decide(State(gateway): State<Arc<Gateway>>, Path(id): Path<String>, request: Request) -> Response {
    let from = login_from(&request);
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
            way => match allow((&gateway, remote), from, (id, &browser), (way, &mut fields)).await {
                Err(trouble) if is_for_the_form(&trouble) => {
                    let found = oauth::look(&gateway.catalog, id, &browser).await?;
                    let mut response = show(&gateway, &found, &browser, &Showing::Here(Some(&trouble))).await;
                    trouble.mark(&mut response);
                    return Ok(response);
                }
                Ok(Some(start)) => return Ok(provider::leave(remote, id, &start)),
                done => drop(done?),
            },
        }
        Ok(pages::on(&format!("/oauth/authorize/{id}")))
    };
    decided.await.unwrap_or_else(|trouble| pages::trouble(&trouble))
}

/// Whether the human can try again in the form: with another password or tick, or after a while.
fn is_for_the_form(trouble: &Trouble) -> bool {
    matches!(trouble.code, ErrorCode::AccessDenied | ErrorCode::InvalidRequest | ErrorCode::TemporarilyUnavailable)
}

/// Allows with a password, or says where to send the human for that.
async fn allow(
    (gateway, remote): (&Arc<Gateway>, &Remote),
    from: LoginFrom,
    (id, browser): (AuthorizationRequestId, &SecretString),
    (way, fields): (&str, &mut Fields),
) -> Result<Option<identity::OidcStart>, Trouble> {
    remote.logins.count(from).map_err(|wait| Trouble::wait("attempts to log in", wait))?;
    let found = oauth::look(&gateway.catalog, id, browser).await?;
    let ticked = |scope: &&Scope| fields.has(&format!("scope:{scope}"));
    let scopes: Vec<Scope> = found.scopes.iter().filter(ticked).cloned().collect();
    if way == "provider" {
        return Ok(Some(oauth::start_with_provider(&gateway.catalog, (id, browser), scopes).await?));
    }
    let (username, password) = (fields.text("username"), SecretString::from(fields.text("password")));
    let code = fields.take("code").map(SecretString::from);
    let given = Given { username: &username, password: &password, code: code.as_ref() };
    oauth::approve_with_password(&gateway.catalog, (id, browser), given, &scopes).await?;
    Ok(None)
}

enum Showing<'a> {
    /// The code, and a page that looks again.
    Wait,
    /// The form to log in here, and what was wrong with the last one.
    Here(Option<&'a Trouble>),
}

async fn show(
    gateway: &Gateway,
    request: &AuthorizationRequest,
    browser: &SecretString,
    showing: &Showing<'_>,
) -> Response {
    let provider = identity::offered_provider(&gateway.catalog).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "whether an OpenID provider is on could not be read");
        None
    });
    let may_password = oauth::may_login_with_password(&gateway.catalog);
    let page = Page { request, proof: proof(browser), may_password, provider: provider.as_deref() };
    match showing {
        Showing::Here(trouble) if page.may_decide_here() => pages::here(&page, *trouble),
        Showing::Here(Some(trouble)) => pages::trouble(trouble),
        Showing::Here(None) | Showing::Wait => pages::wait(&page),
    }
}

/// What a form shows to prove that it is ours: it follows from the cookie, which no other page can read.
fn proof(browser: &SecretString) -> String {
    TokenHash::of(&format!("form {}", browser.expose_secret())).as_str().to_owned()
}

fn name(id: AuthorizationRequestId) -> String {
    format!("mcpbox-login-{}", id.0.simple())
}

/// The secret of the browser that brought this request.
fn browser(remote: &Remote, headers: &HeaderMap, id: AuthorizationRequestId) -> Result<SecretString, Trouble> {
    let found = cookies::read(remote, headers, &name(id)).map(SecretString::from);
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
