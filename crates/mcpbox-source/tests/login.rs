//! Logging in to a source whose people log in elsewhere: what is contacted, what is checked, what is kept.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing test panics"
)]

mod lan;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use lan::{LAN, in_namespace};
use mcpbox_core::{
    source::SourceClient,
    source_login::{Issued, LoginAnswer, LoginClient, LoginError, LoginRequest, LoginStep},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_source::Sources;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};

const BACK: &str = "http://127.0.0.1:8080/api/sources/login/callback";

/// What the authorization server says of itself, and what it was asked.
#[derive(Default)]
struct Facts {
    /// Fields of its metadata that are other ones.
    other: HashMap<&'static str, Value>,
    asked: Vec<String>,
    forms: Vec<HashMap<String, String>>,
    token: Option<(StatusCode, Value)>,
}

type Shared = Arc<Mutex<Facts>>;

struct World {
    facts: Shared,
    source: String,
    issuer: String,
    sources: Arc<Sources>,
}

async fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await });
}

/// The authorization server.
fn server(facts: &Shared, issuer: &str) -> Router {
    let (of_metadata, of_token, of_register, issuer) =
        (Arc::clone(facts), Arc::clone(facts), Arc::clone(facts), issuer.to_owned());
    let of_revoke = Arc::clone(facts);
    let metadata = async move || {
        let mut facts = of_metadata.lock().unwrap();
        facts.asked.push("metadata".to_owned());
        let mut told = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "registration_endpoint": format!("{issuer}/register"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        facts.other.iter().for_each(|(name, value)| told[*name] = value.clone());
        Json(told)
    };
    let token = async move |form: String| -> Response {
        let form = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let mut facts = of_token.lock().unwrap();
        facts.asked.push("token".to_owned());
        facts.forms.push(form);
        let count = facts.forms.len();
        let given = json!({
            "access_token": format!("access-{count}"), "refresh_token": format!("refresh-{count}"),
            "token_type": "bearer", "expires_in": 3600,
        });
        let (status, answer) = facts.token.clone().unwrap_or((StatusCode::OK, given));
        (status, Json(answer)).into_response()
    };
    let register = async move |Json(asked): Json<Value>| {
        of_register.lock().unwrap().asked.push("register".to_owned());
        (StatusCode::CREATED, Json(json!({"client_id": "registered", "redirect_uris": asked["redirect_uris"]})))
    };
    let revoke = async move |form: String| {
        let form = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        of_revoke.lock().unwrap().forms.push(form);
        StatusCode::OK
    };
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .route("/silent", post(std::future::pending::<()>))
        .route("/register", post(register))
}

impl World {
    async fn new() -> Self {
        let facts = Shared::default();
        let (here, there) = (TcpListener::bind((LAN, 0)).await.unwrap(), TcpListener::bind((LAN, 0)).await.unwrap());
        let origin = format!("http://{}", here.local_addr().unwrap());
        let issuer = format!("http://{}", there.local_addr().unwrap());
        // Without a path, and without the slash that a library would add.
        let about = json!({"resource": origin, "authorization_servers": [issuer], "scopes_supported": ["read"]});
        let closed = async || (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer scope=\"read write\"")], "");
        let app = Router::new()
            .route("/mcp", post(closed))
            .route("/.well-known/oauth-protected-resource", get(async move || Json(about)));
        serve(here, app).await;
        serve(there, server(&facts, &issuer)).await;
        let sources = Sources::new(Broker::new(BrokerConfig::default()).unwrap());
        Self { facts, source: format!("{origin}/mcp"), issuer, sources }
    }

    fn request(&self, origins: &[&str]) -> LoginRequest {
        LoginRequest {
            url: self.source.clone(),
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            client: None,
            before: None,
            document: None,
            redirect_uri: BACK.to_owned(),
        }
    }

    async fn begin(&self, request: LoginRequest) -> Result<LoginStep, LoginError> {
        self.sources.logins().unwrap().begin(request).await
    }

    /// From the beginning to the tokens, with this parameter `iss`.
    async fn log_in(&self, request: LoginRequest, issuer: Option<&str>) -> Result<Issued, LoginError> {
        let LoginStep::Go { state, pending, .. } = self.begin(request).await? else { panic!("nothing to allow") };
        let answer = LoginAnswer { code: "code".into(), state, issuer: issuer.map(str::to_owned) };
        self.sources.logins().unwrap().finish(pending, answer).await
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.facts.lock().unwrap().asked)
    }
}

#[test]
fn nobody_is_contacted_before_a_human_allowed_it_and_tokens_are_asked_for_this_source() {
    in_namespace("nobody_is_contacted_before_a_human_allowed_it_and_tokens_are_asked_for_this_source", async || {
        let world = World::new().await;
        let LoginStep::Allow { origins } = world.begin(world.request(&[])).await.unwrap() else { panic!() };
        assert_eq!((origins.as_slice(), world.asked().len()), ([world.issuer.clone()].as_slice(), 0));
        let elsewhere = json!("https://tokens.example.com/token");
        world.facts.lock().unwrap().other.insert("token_endpoint", elsewhere);
        let LoginStep::Allow { origins } = world.begin(world.request(&[&world.issuer])).await.unwrap() else {
            panic!()
        };
        assert_eq!(origins, [world.issuer.clone(), "https://tokens.example.com".to_owned()]);
        assert_eq!(world.asked(), ["metadata"], "nobody registers before all of it is allowed");
        world.facts.lock().unwrap().other.clear();

        let step = world.begin(world.request(&[&world.issuer])).await.unwrap();
        let LoginStep::Go { url, state, pending } = step else { panic!("{step:?}") };
        assert_eq!(world.asked(), ["metadata", "register"]);
        let asked: HashMap<_, _> = Url::parse(&url).unwrap().query_pairs().into_owned().collect();
        let resource = world.source.strip_suffix("/mcp").unwrap();
        assert!(url.starts_with(&format!("{}/authorize?", world.issuer)), "{url}");
        assert_eq!((asked["code_challenge_method"].as_str(), asked["scope"].as_str()), ("S256", "read write"));
        assert_eq!((asked["resource"].as_str(), asked["redirect_uri"].as_str()), (resource, BACK));
        let answer = LoginAnswer { code: "code".into(), state, issuer: Some(world.issuer.clone()) };
        let given = world.sources.logins().unwrap().finish(pending, answer).await.unwrap();
        assert_eq!((given.token.expose_secret(), given.is_renewable), ("access-1", true));
        assert!(given.expires_at.is_some() && given.issuer == world.issuer && given.scopes == ["read", "write"]);

        let renewed = world.sources.logins().unwrap().renew(given.kept).await.unwrap();
        assert_eq!(renewed.token.expose_secret(), "access-2");
        world.sources.logins().unwrap().renew(renewed.kept).await.unwrap();
        let forms = std::mem::take(&mut world.facts.lock().unwrap().forms);
        assert!(forms.iter().all(|form| form["resource"] == resource), "letter by letter: {forms:?}");
        assert!(forms[0]["code_verifier"].len() >= 43 && forms[0]["client_id"] == "registered", "{forms:?}");
        assert_eq!(
            (forms[1]["refresh_token"].as_str(), forms[2]["refresh_token"].as_str()),
            ("refresh-1", "refresh-2")
        );
    });
}

#[test]
fn a_renewal_that_is_refused_is_told_from_one_that_may_work_later() {
    in_namespace("a_renewal_that_is_refused_is_told_from_one_that_may_work_later", async || {
        let world = World::new().await;
        let issuer = world.issuer.clone();
        let given = world.log_in(world.request(&[&issuer]), Some(&issuer)).await.unwrap();
        let renew = async |status: StatusCode, answer: Value| {
            world.facts.lock().unwrap().token = Some((status, answer));
            world.sources.logins().unwrap().renew(given.kept.clone()).await.unwrap_err()
        };
        let spent =
            renew(StatusCode::BAD_REQUEST, json!({"error": "invalid_grant", "error_description": "spent"})).await;
        assert_eq!(spent, LoginError::Refused(format!("{issuer} answered: invalid_grant spent")));
        let gone = renew(StatusCode::UNAUTHORIZED, json!({"error": "invalid_client"})).await;
        assert!(matches!(&gone, LoginError::Refused(why) if why.contains("invalid_client")), "{gone}");
        for later in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::TOO_MANY_REQUESTS] {
            let failed = renew(later, json!({})).await;
            assert!(matches!(&failed, LoginError::Failed(why) if why.contains(later.as_str())), "{failed}");
        }
    });
}

#[test]
fn an_answer_of_somebody_else_and_a_server_that_protects_nobody_are_refused() {
    in_namespace("an_answer_of_somebody_else_and_a_server_that_protects_nobody_are_refused", async || {
        let world = World::new().await;
        let issuer = world.issuer.clone();
        let allowed = || world.request(&[&issuer]);
        for wrong in [Some("https://evil.example"), None] {
            let refused = world.log_in(allowed(), wrong).await.unwrap_err();
            assert!(refused.to_string().to_lowercase().contains("issuer"), "{refused}");
        }
        assert!(!world.asked().contains(&"token".to_owned()), "no code is shown to anybody");
        for (field, value, says) in [
            ("issuer", json!("https://evil.example"), "says that it is https://evil.example"),
            ("code_challenge_methods_supported", json!(["plain"]), "PKCE"),
            ("code_challenge_methods_supported", json!(null), "PKCE"),
            ("registration_endpoint", json!(null), BACK),
            ("authorization_endpoint", json!("javascript:alert(1)"), "not https"),
            ("token_endpoint", json!("http://127.0.0.1:1/token"), "127.0.0.1"),
        ] {
            world.facts.lock().unwrap().other = HashMap::from([(field, value)]);
            let refused = world.begin(allowed()).await.unwrap_err();
            assert!(refused.to_string().contains(says), "{field}: {refused}");
        }
        let client = Some(LoginClient { id: "made by hand".into(), secret: Some("its secret".to_owned().into()) });
        world.facts.lock().unwrap().other = HashMap::from([("registration_endpoint", json!(null))]);
        let given = world.log_in(LoginRequest { client, ..allowed() }, Some(&issuer)).await.unwrap();
        let again = LoginRequest { before: Some(given.kept), ..allowed() };
        let LoginStep::Go { url, .. } = world.begin(again).await.unwrap() else { panic!() };
        assert!(url.contains("client_id=made+by+hand"), "what was entered is used again: {url}");
    });
}

#[test]
fn tokens_are_taken_back_where_a_human_allowed_it_and_nobody_waits_long() {
    in_namespace("tokens_are_taken_back_where_a_human_allowed_it_and_nobody_waits_long", async || {
        let world = World::new().await;
        let issuer = world.issuer.clone();
        let revoke = async |endpoint: Option<String>| {
            let other = endpoint.map(|endpoint| ("revocation_endpoint", json!(endpoint)));
            world.facts.lock().unwrap().other = other.into_iter().collect();
            let given = world.log_in(world.request(&[&issuer]), Some(&issuer)).await.unwrap();
            world.facts.lock().unwrap().forms.clear();
            world.sources.logins().unwrap().revoke(given.kept).await
        };
        assert_eq!(revoke(None).await, Ok(false), "a server that takes nothing back");
        assert_eq!(revoke(Some(format!("{issuer}/revoke"))).await, Ok(true));
        let forms = std::mem::take(&mut world.facts.lock().unwrap().forms);
        assert_eq!(forms.len(), 1, "{forms:?}");
        assert_eq!((forms[0]["token"].as_str(), forms[0]["token_type_hint"].as_str()), ("refresh-1", "refresh_token"));
        for (endpoint, says) in [
            (
                "https://elsewhere.example.com/revoke".to_owned(),
                "https://elsewhere.example.com must be allowed by a human",
            ),
            (format!("{issuer}/nowhere"), "answered with HTTP 404"),
            (format!("{issuer}/silent"), "did not answer within 5 s"),
            ("no address".to_owned(), "no address is no address"),
        ] {
            let failed = revoke(Some(endpoint)).await.unwrap_err();
            assert!(matches!(&failed, LoginError::Failed(why) if why.contains(says)), "{says}: {failed}");
        }
    });
}
