//! The OAuth of the official Rust client, which knows nothing but the address of the endpoint.

use mcpbox_core::principal::Scope;
use mcpbox_gateway::{GatewayConfig, Rates, Remote};
use mcpbox_listen::LoginLimit;
use rmcp::{
    ServiceExt,
    model::CallToolRequestParams,
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;
use url::Url;

use super::login::Login;
use crate::support::{TestBox, client::http, double::ADD};

const BACK: &str = "http://127.0.0.1:7555/callback";

#[tokio::test]
async fn it_finds_the_login_registers_calls_and_renews() {
    // Its own address is the public one: the client compares what it is told with what it asked.
    let remote = Some(Remote {
        public_url: String::new(),
        rates: Rates::off(),
        logins: LoginLimit::per_minute(None),
        hsts: false,
    });
    let it = TestBox::with(GatewayConfig { remote, ..GatewayConfig::default() }).await;
    it.publish("math", "add", ADD).await;
    http();
    let mut state = OAuthState::new(&*it.url, None).await.unwrap();
    state.start_authorization(AuthorizationRequest::new(BACK).with_client_name("Rust client")).await.unwrap();
    let url = state.get_authorization_url().await.unwrap();
    let asked = Url::parse(&url).unwrap();
    let client_id = asked.query_pairs().find(|(name, _)| name == "client_id").unwrap().1.into_owned();
    let login = Login::of(&it, &client_id, BACK);
    let opened = login.open_url(&url).await;
    assert!(opened.page.contains("Rust client asks for access"), "{}", opened.page);
    login.approve(&[Scope::Tools]).await;
    let response = login.look(&opened).await;
    let back = response.headers()["location"].to_str().unwrap().to_owned();
    state.handle_callback_url(&back).await.unwrap();
    let manager = state.into_authorization_manager().unwrap();
    let before = manager.get_access_token().await.unwrap();
    manager.refresh_token().await.unwrap();
    assert_ne!(manager.get_access_token().await.unwrap(), before);
    let client = AuthClient::new(http(), manager);
    let config = StreamableHttpClientTransportConfig::with_uri(&*it.url);
    let service = ().serve(StreamableHttpClientTransport::with_client(client, config)).await.unwrap();
    let arguments = json!({"a": 2, "b": 40}).as_object().unwrap().clone();
    let call = CallToolRequestParams::new("math__add").with_arguments(arguments);
    let result = service.call_tool(call).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    service.cancel().await.unwrap();
}
