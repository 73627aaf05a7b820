//! A client and a browser, by hand.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mcpbox_catalog::oauth;
use mcpbox_core::principal::Scope;
use reqwest::{Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::PUBLIC;
use crate::support::TestBox;

pub(super) const VERIFIER: &str = "verifier-verifier-verifier-verifier-verifier-0";

/// One client, and the browser that it opens.
pub(super) struct Login<'a> {
    it: &'a TestBox,
    pub(super) http: reqwest::Client,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
}

/// A login page that was opened.
pub(super) struct Opened {
    pub(super) path: String,
    pub(super) cookie: String,
    pub(super) page: String,
}

impl<'a> Login<'a> {
    pub(super) fn of(it: &'a TestBox, client_id: &str, redirect_uri: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { it, http, client_id: client_id.into(), redirect_uri: redirect_uri.into() }
    }

    /// A client that registers itself.
    pub(super) async fn registered(it: &'a TestBox, name: &str, redirect_uri: &str) -> Self {
        let login = Self::of(it, "", redirect_uri);
        let (status, answer) = login.register(&json!({"client_name": name, "redirect_uris": [redirect_uri]})).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        Self { client_id: answer["client_id"].as_str().unwrap().to_owned(), ..login }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.it.url.trim_end_matches("/mcp"))
    }

    pub(super) async fn register(&self, metadata: &Value) -> (StatusCode, Value) {
        let response = self.http.post(self.url("/oauth/register")).json(metadata).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// The address that the client opens, with some parameters replaced (or, when empty, left out).
    pub(super) fn authorize_url(&self, changed: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let resource = format!("{PUBLIC}/mcp");
        let plain = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("state", "s t/a&te"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("scope", "mcp:tools mcp:author"),
            ("resource", &resource),
        ];
        let value = |name: &str, plain: &str| {
            changed.iter().find(|(other, _)| *other == name).map_or(plain.to_owned(), |(_, value)| (*value).to_owned())
        };
        let pairs = plain.into_iter().map(|(name, plain)| (name, value(name, plain)));
        let url = Url::parse_with_params(&self.url("/oauth/authorize"), pairs.filter(|(_, value)| !value.is_empty()));
        url.unwrap().to_string()
    }

    pub(super) async fn get(&self, changed: &[(&str, &str)]) -> Response {
        self.http.get(self.authorize_url(changed)).send().await.unwrap()
    }

    pub(super) async fn open(&self, changed: &[(&str, &str)]) -> Opened {
        self.open_url(&self.authorize_url(changed)).await
    }

    pub(super) async fn open_url(&self, url: &str) -> Opened {
        let response = self.http.get(url).send().await.unwrap();
        let status = response.status();
        let cookie = response.headers().get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
        let page = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{page}");
        let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
        let from = page.find("/oauth/authorize/").unwrap();
        let path = page[from..from + "/oauth/authorize/".len() + 36].to_owned();
        Opened { path, cookie, page }
    }

    /// The admin allows what waits, on the admin page.
    pub(super) async fn approve(&self, scopes: &[Scope]) {
        let waiting = oauth::waiting(&self.it.catalog).await.unwrap();
        let request = waiting.iter().find(|request| request.client_id == self.client_id).expect("it waits");
        oauth::approve(&self.it.catalog, &self.it.reviewer, request.id, &request.code, scopes).await.unwrap();
    }

    pub(super) async fn look(&self, opened: &Opened) -> Response {
        self.http.get(self.url(&opened.path)).header("cookie", &opened.cookie).send().await.unwrap()
    }

    /// Where the browser is sent, with its parameters.
    pub(super) fn sent_to(response: &Response) -> (String, Vec<(String, String)>) {
        assert_eq!(response.status(), StatusCode::FOUND);
        let url = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let pairs = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let mut base = url;
        base.set_query(None);
        (base.to_string(), pairs)
    }

    pub(super) async fn token(&self, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let response = self.http.post(self.url("/oauth/token")).form_of(fields).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status(), response.json().await.unwrap())
    }

    pub(super) async fn exchange(&self, code: &str) -> (StatusCode, Value) {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &*self.client_id),
            ("redirect_uri", &*self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.token(&fields).await
    }

    pub(super) async fn refresh(&self, token: &str) -> (StatusCode, Value) {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", &self.client_id)]).await
    }

    /// The code of a whole login.
    pub(super) async fn code(&self, scopes: &[Scope]) -> String {
        let opened = self.open(&[]).await;
        self.approve(scopes).await;
        let (_, pairs) = Self::sent_to(&self.look(&opened).await);
        pairs.iter().find(|(name, _)| name == "code").unwrap().1.clone()
    }

    /// The tokens of a whole login.
    pub(super) async fn tokens(&self, scopes: &[Scope]) -> (String, String) {
        let (status, answer) = self.exchange(&self.code(scopes).await).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        (text(&answer, "access_token"), text(&answer, "refresh_token"))
    }
}

/// A form in the body of a request.
pub(super) trait Form {
    /// Puts it there.
    fn form_of(self, fields: &[(&str, &str)]) -> Self;
}

impl Form for reqwest::RequestBuilder {
    fn form_of(self, fields: &[(&str, &str)]) -> Self {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }
}

pub(super) fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("{field} in {answer}")).to_owned()
}
