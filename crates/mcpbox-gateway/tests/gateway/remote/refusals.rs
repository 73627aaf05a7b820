//! What is refused, and to whom it is told: a client whose address is not sure is never redirected to.

use mcpbox_catalog::{
    oauth, review,
    session::{self, LoginOrigin},
};
use mcpbox_core::{
    principal::Scope,
    settings::{RemoteAccess, Settings},
};
use mcpbox_gateway::{GatewayConfig, Rates, Remote};
use mcpbox_listen::LoginLimit;
use reqwest::StatusCode;
use serde_json::json;

use super::{
    PUBLIC,
    login::{Form, Login},
    remote_box,
};
use crate::support::{PASSWORD, TestBox};

const BACK: &str = "https://client.example/cb?keep=1";

#[tokio::test]
async fn an_unknown_client_or_address_is_told_to_the_human_alone() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Known", BACK).await;
    for changed in [
        ("client_id", "mcpb_client_unknown"),
        ("client_id", ""),
        ("client_id", "https://127.0.0.1/client.json"),
        ("client_id", "https://box.internal/client.json"),
        ("redirect_uri", "https://evil.example/cb"),
        ("redirect_uri", "https://client.example/cb?keep=1&evil=1"),
        ("redirect_uri", "https://client.example@evil.example/cb"),
        ("redirect_uri", "javascript:alert(1)"),
    ] {
        let response = login.get(&[changed]).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{changed:?}");
        assert!(!response.headers().contains_key("location") && !response.headers().contains_key("set-cookie"));
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", login.authorize_url(&[]));
    let response = login.http.get(twice).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(oauth::waiting(&it.catalog).await.unwrap().is_empty());
}

#[tokio::test]
async fn other_mistakes_go_back_to_the_client_with_the_issuer() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Sloppy", BACK).await;
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("resource", "https://other.example.com/mcp"), "invalid_target"),
        (("resource", "https://box.example.com.evil.example/mcp"), "invalid_target"),
        (("resource", "https://box.example.com/mcpx"), "invalid_target"),
    ] {
        let (to, pairs) = Login::sent_to(&login.get(&[changed]).await);
        let has = |name: &str, value: &str| pairs.contains(&(name.to_owned(), value.to_owned()));
        assert_eq!(to, "https://client.example/cb", "{changed:?}");
        assert!(has("keep", "1") && has("error", error) && has("iss", PUBLIC), "{changed:?}: {pairs:?}");
        assert!(has("state", "s t/a&te"));
    }
}

#[tokio::test]
async fn only_the_browser_that_began_takes_the_answer_and_only_once() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Bound", BACK).await;
    let opened = login.open(&[]).await;
    login.approve(&[Scope::Tools]).await;
    let other = login.open(&[]).await;
    for cookie in ["", &*other.cookie, &format!("{}0", opened.cookie)] {
        let stolen = login.http.get(login.url(&opened.path)).header("cookie", cookie).send().await.unwrap();
        assert_eq!(stolen.status(), StatusCode::BAD_REQUEST, "{cookie}");
    }
    let head = login.http.head(login.url(&opened.path)).header("cookie", &opened.cookie).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    assert_eq!(login.look(&opened).await.status(), StatusCode::FOUND);
    assert_eq!(login.look(&opened).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_human_refuses_here_or_there() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Refused", BACK).await;
    let opened = login.open(&[]).await;
    let waiting = oauth::waiting(&it.catalog).await.unwrap();
    oauth::deny(&it.catalog, &it.reviewer, waiting[0].id).await.unwrap();
    let (_, pairs) = Login::sent_to(&login.look(&opened).await);
    assert!(pairs.contains(&("error".to_owned(), "access_denied".to_owned())));
    let opened = login.open(&[]).await;
    let proof = proof_of(&opened.page);
    for (proof, origin, status) in [
        ("wrong", PUBLIC, StatusCode::FORBIDDEN),
        ("", PUBLIC, StatusCode::FORBIDDEN),
        (&*proof, "https://evil.example", StatusCode::FORBIDDEN),
        (&*proof, "null", StatusCode::FORBIDDEN),
        (&*proof, PUBLIC, StatusCode::OK),
    ] {
        let form = [("proof", proof), ("decision", "deny")];
        let request = login.http.post(login.url(&opened.path)).header("cookie", &opened.cookie).form_of(&form);
        assert_eq!(request.header("origin", origin).send().await.unwrap().status(), status, "{proof} {origin}");
    }
    let (_, pairs) = Login::sent_to(&login.look(&opened).await);
    assert!(pairs.contains(&("error".to_owned(), "access_denied".to_owned())));
}

fn proof_of(page: &str) -> String {
    page.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_admin_allows_what_the_browser_shows_and_no_more_than_it_asks() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Asking", BACK).await;
    login.open(&[("scope", "mcp:tools")]).await;
    let waiting = oauth::waiting(&it.catalog).await.unwrap().remove(0);
    let approve = async |code: &str, scopes: &[Scope]| {
        oauth::approve(&it.catalog, &it.reviewer, waiting.id, code, scopes).await.map_err(|error| error.to_string())
    };
    assert!(approve("BBBB-BBBB", &[Scope::Tools]).await.unwrap_err().contains("not the code"));
    assert!(approve(&waiting.code, &[Scope::Author]).await.unwrap_err().contains("mcp:tools"));
    assert!(approve(&waiting.code, &[]).await.is_err());
    approve(&waiting.code.to_lowercase(), &[Scope::Tools]).await.unwrap();
    assert!(approve(&waiting.code, &[Scope::Tools]).await.unwrap_err().contains("decided already"));
}

#[tokio::test]
async fn a_password_is_taken_only_where_an_admin_allows_it() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Password", BACK).await;
    let opened = login.open(&[]).await;
    assert!(!opened.page.contains("password"));
    let proof = proof_of(&opened.page);
    let send = async |password: &str| {
        let form = [
            ("proof", &*proof),
            ("decision", "allow"),
            ("username", "ada"),
            ("password", password),
            ("scope:mcp:tools", "1"),
        ];
        let request = login.http.post(login.url(&opened.path)).header("cookie", &opened.cookie).form_of(&form);
        request.send().await.unwrap().status()
    };
    assert_eq!(send("correct horse battery").await, StatusCode::FORBIDDEN);
    let settings = Settings { remote: RemoteAccess { password_login: true }, ..Settings::default() };
    review::set_settings(&it.catalog, &it.reviewer, settings).await.unwrap();
    assert_eq!(send("wrong").await, StatusCode::FORBIDDEN);
    assert_eq!(login.look(&opened).await.status(), StatusCode::OK, "it waits on");
    assert_eq!(send("correct horse battery").await, StatusCode::OK);
    let (_, pairs) = Login::sent_to(&login.look(&opened).await);
    let (_, answer) = login.exchange(&pairs.iter().find(|(name, _)| name == "code").unwrap().1).await;
    assert_eq!(answer["scope"], "mcp:tools", "what was not ticked is not allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_guesses_leaves_a_place_to_whoever_is_at_the_admin_page() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Password", BACK).await;
    let settings = Settings { remote: RemoteAccess { password_login: true }, ..Settings::default() };
    it.change_settings(settings).await;
    let opened = login.open(&[]).await;
    let form = [
        ("proof", &*proof_of(&opened.page)),
        ("decision", "allow"),
        ("username", "ada"),
        ("password", "wrong horse battery"),
        ("scope:mcp:tools", "1"),
    ];
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let request = login.http.post(login.url(&opened.path)).header("cookie", &opened.cookie).form_of(&form);
        crowd.spawn(async move { request.send().await.unwrap().status() });
    }
    // The first that is told to wait says that no place is left for people elsewhere.
    while crowd.join_next().await.unwrap().unwrap() != StatusCode::SERVICE_UNAVAILABLE {}
    let at_the_page = session::login(&it.catalog, "ada", &PASSWORD.into(), LoginOrigin::default(), None).await;
    assert!(at_the_page.is_ok(), "{at_the_page:?}");
    crowd.join_all().await;
}

#[tokio::test]
async fn strangers_are_counted_and_bodies_are_small() {
    let remote = Some(Remote {
        public_url: PUBLIC.to_owned(),
        rates: Rates::default(),
        logins: LoginLimit::default(),
        hsts: false,
    });
    let it = TestBox::with(GatewayConfig { remote, ..GatewayConfig::default() }).await;
    let login = Login::of(&it, "x", BACK);
    let metadata = json!({"redirect_uris": [BACK]});
    for _ in 0..5 {
        assert_eq!(login.register(&metadata).await.0, StatusCode::CREATED);
    }
    let (status, answer) = login.register(&metadata).await;
    assert_eq!((status, &answer["error"]), (StatusCode::TOO_MANY_REQUESTS, &json!("temporarily_unavailable")));
    let large = "x".repeat(17 << 10);
    let response = login.http.post(login.url("/oauth/token")).form_of(&[("grant_type", &large)]).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    for _ in 0..20 {
        login.get(&[]).await;
    }
    let response = login.get(&[]).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn pages_load_nothing_run_nothing_and_escape_what_clients_say() {
    let it = remote_box().await;
    let name = "<script>alert(1)</script>\"'&";
    let login = Login::registered(&it, name, BACK).await;
    let response = login.get(&[]).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part) && !policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-frame-options"], "DENY");
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-mcpbox-login-"), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let page = response.text().await.unwrap();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
}
