//! The pages of a login, for a browser without scripts. Everything that comes from a client is escaped; nothing is loaded from elsewhere,
//! nothing may frame them, and no answer is stored.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use mcpbox_catalog::oauth::{WaitingRequest, is_loopback};
use mcpbox_core::{
    oauth::{AuthorizationRequest, ClientKind},
    principal::Scope,
};

use super::answer::{Trouble, no_store};

/// The style of all pages.
const STYLE: &str = include_str!("style.css");
/// Where it is.
pub(super) const STYLE_PATH: &str = "/oauth/style.css";
/// Seconds until a page looks again.
const LOOK_SECONDS: u32 = 3;

const PASSWORD_FIELDS: &str = "\
    <label for=\"username\">User name</label>\
    <input type=\"text\" id=\"username\" name=\"username\" autocomplete=\"username\" required>\
    <label for=\"password\">Password</label>\
    <input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"current-password\" required>\
    <label for=\"code\">One-time or recovery code, if your account wants one</label>\
    <input type=\"text\" id=\"code\" name=\"code\" autocomplete=\"one-time-code\">";

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With less, a browser would not say where a form is from; the address of a page never leaves with it.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// What a page is about.
pub(super) struct Page<'a> {
    pub(super) request: &'a AuthorizationRequest,
    /// What a form of this page shows.
    pub(super) proof: String,
    pub(super) may_password: bool,
    /// The OpenID provider that is offered.
    pub(super) provider: Option<&'a str>,
}

impl Page<'_> {
    /// Whether the human can decide in this browser.
    pub(super) fn may_decide_here(&self) -> bool {
        self.may_password || self.provider.is_some()
    }

    fn path(&self) -> String {
        format!("/oauth/authorize/{}", self.request.id)
    }
}

/// The code, until somebody decides.
pub(super) fn wait(page: &Page<'_>) -> Response {
    let here = page.path();
    let way = match page.provider {
        Some(name) if !page.may_password => format!("Log in with {} here instead", escape(name)),
        Some(_) => "Log in here instead".to_owned(),
        None => "Log in with a password here instead".to_owned(),
    };
    let other = match page.may_decide_here() {
        true => format!("<p><a href=\"{here}?here\">{way}</a></p>"),
        false => String::new(),
    };
    let body = format!(
        "{about}{asks}<h2>Allow it on your MCPbox</h2>\
         <p>Open the admin page of your MCPbox, go to <strong>Remote access</strong>, and allow the request with this code:</p>\
         <p class=\"code\">{code}</p>\
         <p class=\"dim\">This page goes on by itself. Allow nothing there that shows another code, or that you did not begin.</p>{other}\
         <form method=\"post\" action=\"{here}\" class=\"row\"><input type=\"hidden\" name=\"proof\" value=\"{proof}\">\
         <button name=\"decision\" value=\"deny\">Cancel</button></form>",
        about = about(page.request),
        asks = scopes(page.request),
        code = escape(&page.request.user_code),
        proof = escape(&page.proof),
    );
    page_of(StatusCode::OK, "Allow access", &body, Some((LOOK_SECONDS, &here)))
}

/// The form to log in here: with the OpenID provider, with a name and a password, or either. The first button is what the Enter key
/// presses, so a password that was typed is never left behind for the provider.
pub(super) fn here(page: &Page<'_>, trouble: Option<&Trouble>) -> Response {
    let here = page.path();
    let warning = trouble.map_or_else(String::new, |trouble| warning(&trouble.description));
    let allow = match page.may_password {
        true => "<button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>",
        false => "",
    };
    let provider = page.provider.map_or_else(String::new, |name| {
        let class = if page.may_password { "" } else { " class=\"main\"" };
        let name = escape(name);
        format!(
            "<button{class} name=\"decision\" value=\"provider\" formnovalidate>Log in with {name} and allow</button>"
        )
    });
    let fields = if page.may_password { PASSWORD_FIELDS } else { "" };
    let body = format!(
        "{about}<form method=\"post\" action=\"{here}\"><h2>Allow it to</h2>{ticks}\
         <h2>Log in to your MCPbox</h2>{warning}{fields}\
         <input type=\"hidden\" name=\"proof\" value=\"{proof}\">\
         <div class=\"row\">{allow}{provider}\
         <button name=\"decision\" value=\"deny\" formnovalidate>Cancel</button>\
         <a href=\"{here}\">Use a code instead</a></div></form>",
        about = about(page.request),
        ticks = page.request.scopes.iter().map(tick).collect::<String>(),
        proof = escape(&page.proof),
    );
    let status = trouble.map_or(StatusCode::OK, |trouble| trouble.status);
    page_of(status, "Allow access", &body, None)
}

/// Sends the browser to the OpenID provider.
pub(super) fn leave(url: &str) -> Response {
    let url = escape(url);
    let body = format!(
        "<h1>To the provider</h1><p>You are sent to log in. <a href=\"{url}\">Go on</a> if nothing happens.</p>"
    );
    page_of(StatusCode::OK, "To the provider", &body, Some((0, &url)))
}

/// Sends the browser on by a page: a redirect that answers a form would count as the form's own target.
pub(super) fn on(path: &str) -> Response {
    let body = format!(
        "<h1>Done</h1><p>You are sent back to the client. <a href=\"{path}\">Go on</a> if nothing happens.</p>"
    );
    page_of(StatusCode::OK, "Done", &body, Some((0, path)))
}

/// Sends the browser to the client.
pub(super) fn go(url: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    no_store(&mut response);
    match HeaderValue::from_str(url) {
        Ok(location) => {
            let headers = response.headers_mut();
            headers.insert(header::LOCATION, location);
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            response
        }
        Err(_) => {
            page_of(StatusCode::BAD_REQUEST, "Login failed", "<h1>The client's address cannot be used</h1>", None)
        }
    }
}

/// What went wrong, for the human.
pub(super) fn trouble(trouble: &Trouble) -> Response {
    failed(trouble, "")
}

/// What went wrong while the request at `path` waits on.
pub(super) fn stuck(trouble: &Trouble, path: &str) -> Response {
    failed(trouble, &format!("<p><a href=\"{path}\">Choose another way</a></p>"))
}

fn failed(trouble: &Trouble, rest: &str) -> Response {
    let body = format!("<h1>This login cannot go on</h1>{}{rest}", warning(&trouble.description));
    // A browser shows the page whatever the status; 401 would want a header that asks for a password.
    let status = if trouble.status == StatusCode::UNAUTHORIZED { StatusCode::BAD_REQUEST } else { trouble.status };
    let mut response = page_of(status, "Login failed", &body, None);
    trouble.mark(&mut response);
    response
}

/// There is nothing at this address.
pub(super) fn nothing() -> Response {
    page_of(StatusCode::NOT_FOUND, "Nothing here", "<h1>There is nothing here</h1>", None)
}

/// The style.
pub(super) async fn style() -> Response {
    let mut response = Response::new(Body::from(STYLE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Who asks, and where the access goes.
fn about(request: &AuthorizationRequest) -> String {
    let shown = WaitingRequest::from(request.clone());
    let is_here = is_loopback(&request.redirect_uri);
    let place = match is_here {
        true => "a program on the computer of this browser".to_owned(),
        false => escape(&shown.redirect_host),
    };
    let (origin, doubt) = match request.client_kind {
        ClientKind::Document => (escape(request.client_id.split('/').nth(2).unwrap_or_default()), ""),
        ClientKind::Entered => ("entered by an admin of this MCPbox".to_owned(), ""),
        ClientKind::Registered => {
            ("not verified".to_owned(), "The client chose its name itself: anybody could call their program so.")
        }
    };
    let danger = match is_here {
        true => {
            "Go on only if you began this yourself, on this computer, just now: any program on it can ask like this."
        }
        false => "",
    };
    let warnings = [doubt, danger].into_iter().filter(|text| !text.is_empty()).map(warning).collect::<String>();
    format!(
        "<h1>{name} asks for access</h1><dl><dt>Client</dt><dd>{origin}</dd><dt>Goes to</dt><dd>{place}</dd></dl>{warnings}",
        name = escape(&request.client_name),
    )
}

fn scopes(request: &AuthorizationRequest) -> String {
    let items: String = request.scopes.iter().map(|scope| format!("<li>{}</li>", meaning(scope))).collect();
    format!("<h2>It wants to</h2><ul>{items}</ul>")
}

fn tick(scope: &Scope) -> String {
    let name = escape(&format!("scope:{scope}"));
    format!(
        "<label class=\"tick\"><input type=\"checkbox\" name=\"{name}\" value=\"1\" checked> <span>{}</span></label>",
        meaning(scope)
    )
}

fn meaning(scope: &Scope) -> String {
    match scope {
        Scope::Tools => "use your published tools".to_owned(),
        Scope::Author => "write new tools, which you approve before they run".to_owned(),
        Scope::Server(name) => format!("use the tools of the server {}", escape(name)),
    }
}

fn warning(text: &str) -> String {
    format!("<p class=\"warn\" role=\"alert\">{}</p>", escape(text))
}

fn page_of(status: StatusCode, title: &str, body: &str, next: Option<(u32, &str)>) -> Response {
    let next = next.map_or_else(String::new, |(seconds, path)| {
        format!("<meta http-equiv=\"refresh\" content=\"{seconds};url={path}\">")
    });
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · MCPbox</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{next}\
         <link rel=\"stylesheet\" href=\"{STYLE_PATH}\"></head><body><main><p class=\"brand\">MCPbox</p>{body}</main></body></html>"
    );
    let mut response = (status, page).into_response();
    no_store(&mut response);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
