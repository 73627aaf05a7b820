//! Who gets in, and what everybody else is told.

use mcpbox_catalog::{
    author,
    source::{self, AddSource, AuthKind},
};
use mcpbox_core::{
    principal::{Principal, Scope},
    source::TransportKind,
};
use mcpbox_gateway::{GatewayConfig, Rates, Remote};
use mcpbox_listen::LoginLimit;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{PUBLIC, grant, remote_box};
use crate::support::{
    TestBox,
    client::{Raw, http},
};

const TOKEN: &str = "mcpb_at_0123456789abcdef";

fn endpoint() -> String {
    format!("{PUBLIC}/mcp")
}

#[tokio::test]
async fn without_a_token_a_client_is_told_where_to_get_one() {
    let it = remote_box().await;
    grant(&it, TOKEN, vec![Scope::Tools], &endpoint()).await;
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/list", json!({}));
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let response = client.post(&body, &headers).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let metadata = format!("resource_metadata=\"{PUBLIC}/.well-known/oauth-protected-resource/mcp\"");
    assert_eq!(response.headers()["www-authenticate"], format!("Bearer {metadata}, scope=\"mcp:tools\""));
    assert_eq!(response.headers()["cache-control"], "no-store");
    for wrong in [&format!("{TOKEN}0"), "x", "mcpb_rt_0123456789abcdef", &"mcpb_at_".repeat(60)] {
        let request = client.request(&body, &headers).header("authorization", format!("Bearer {wrong}"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{wrong}");
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\", resource_metadata="), "{challenge}");
    }
    // In the address it would stand in logs.
    let url = format!("{}?access_token={TOKEN}", it.url);
    let mut request = client.http.post(url).header("content-type", "application/json").body(body.to_string());
    for (name, value) in &headers {
        request = request.header(*name, *value);
    }
    assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let bearer = format!("bearer {TOKEN}");
    headers.push(("authorization", &bearer));
    let answered = client.post(&body, &headers).await;
    assert_eq!(
        (answered.status(), &answered.headers()["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let twice = client.request(&body, &headers).header("authorization", "Bearer other").send().await.unwrap();
    assert_eq!(twice.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_for_another_address_does_not_open_this_one() {
    let it = remote_box().await;
    grant(&it, TOKEN, vec![Scope::Tools], "https://other.example.com/mcp").await;
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/list", json!({}));
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = client.request(&body, &headers).header("authorization", format!("Bearer {TOKEN}"));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn metadata_is_found_in_every_form_of_its_path() {
    let it = remote_box().await;
    let base = it.url.trim_end_matches("/mcp");
    let get = async |path: &str| {
        let response = http().get(format!("{base}{path}")).send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap_or_default())
    };
    for (path, resource) in [
        ("/.well-known/oauth-protected-resource", "/mcp"),
        ("/.well-known/oauth-protected-resource/mcp", "/mcp"),
        ("/.well-known/oauth-protected-resource/mcp/author", "/mcp/author"),
        ("/.well-known/oauth-protected-resource/mcp/servers/weather", "/mcp/servers/weather"),
        ("/mcp/.well-known/oauth-protected-resource", "/mcp"),
    ] {
        let (status, document) = get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(document["resource"], format!("{PUBLIC}{resource}"), "{path}");
        assert_eq!(document["authorization_servers"], json!([PUBLIC]));
    }
    for name in ["oauth-authorization-server", "openid-configuration"] {
        for path in [
            format!("/.well-known/{name}"),
            format!("/.well-known/{name}/mcp"),
            format!("/.well-known/{name}/mcp/tools"),
            format!("/mcp/.well-known/{name}"),
        ] {
            let (status, document) = get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(document["issuer"], PUBLIC);
            assert_eq!(document["token_endpoint"], format!("{PUBLIC}/oauth/token"));
            assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
            assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["none"]));
            assert_eq!(document["client_id_metadata_document_supported"], true);
            assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        }
    }
    assert_eq!(get("/.well-known/oauth-protected-resource/admin").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get("/.well-known/oauth-authorization-server/other").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn https_alone_is_promised_by_every_answer_where_asked_for_and_where_there_is_https() {
    for (hsts, public_url, promised) in
        [(true, PUBLIC, Some("max-age=31536000")), (false, PUBLIC, None), (true, "http://127.0.0.1:8002", None)]
    {
        let remote = Some(Remote {
            public_url: public_url.to_owned(),
            rates: Rates::off(),
            logins: LoginLimit::per_minute(None),
            hsts,
        });
        let it = TestBox::with(GatewayConfig { remote, ..GatewayConfig::default() }).await;
        let base = it.url.trim_end_matches("/mcp");
        for (path, host, status) in [
            ("/.well-known/oauth-authorization-server", "localhost", StatusCode::OK),
            ("/mcp", "localhost", StatusCode::UNAUTHORIZED),
            ("/oauth/authorize", "localhost", StatusCode::BAD_REQUEST),
            ("/nothing", "localhost", StatusCode::NOT_FOUND),
            ("/health", "evil.example", StatusCode::FORBIDDEN),
        ] {
            let response = http().get(format!("{base}{path}")).header("host", host).send().await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            let told = response.headers().get("strict-transport-security").map(|value| value.to_str().unwrap());
            assert_eq!(told, promised, "{path} of {public_url}");
        }
    }
}

#[tokio::test]
async fn nothing_of_the_admin_and_no_number_is_there_and_no_other_origin_may_read() {
    let it = remote_box().await;
    let base = it.url.trim_end_matches("/mcp");
    for path in ["/metrics", "/health/detail", "/api/session", "/api/setup", "/setup"] {
        let response = http().get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let health = http().get(format!("{base}/health")).send().await.unwrap();
    assert_eq!(health.json::<Value>().await.unwrap(), json!({"status": "ok"}), "a stranger learns nothing more");
    for path in ["/oauth/authorize", "/oauth/token", "/mcp"] {
        for method in ["GET", "OPTIONS"] {
            let request = http().request(method.parse().unwrap(), format!("{base}{path}"));
            let request =
                request.header("origin", "https://evil.example").header("access-control-request-method", "POST");
            let response = request.send().await.unwrap();
            let shared = response.headers().keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!shared, "{method} {path}: {:?}", response.headers());
        }
    }
}

#[tokio::test]
async fn who_we_are_at_sources_is_told_only_while_one_wants_a_login() {
    let it = remote_box().await;
    it.catalog.set_admin_url("https://admin.example.com".to_owned());
    let document = format!("{}/oauth/source-client", it.url.trim_end_matches("/mcp"));
    assert_eq!(http().get(&document).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let llm = Principal::Local { client: Some("test".into()) };
    let server = author::CreateServer { name: "team".into(), description: String::new() };
    author::create_server(&it.catalog, &llm, server).await.unwrap();
    let source = AddSource {
        server: "team".into(),
        name: "there".into(),
        url: "https://mcp.example.com/mcp".into(),
        transport: TransportKind::default(),
        auth: AuthKind::Oauth,
        secret: None,
        header: None,
        program: None,
    };
    let added = source::add_source(&it.catalog, &llm, source).await.unwrap();
    assert!(added.next.iter().any(|step| step.step.contains("log in to it") && step.human.is_some()), "{added:?}");
    let told: Value = http().get(&document).send().await.unwrap().json().await.unwrap();
    assert_eq!(told["client_id"], format!("{PUBLIC}/oauth/source-client"));
    assert_eq!(told["redirect_uris"], json!(["https://admin.example.com/api/sources/login/callback"]));
    assert_eq!(told["token_endpoint_auth_method"], "none");
}
