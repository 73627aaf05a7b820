//! Logging in to a source with an account of a human there: OAuth 2.1 as MCP wants it. Who is asked is found out here; what is
//! asked (who we are, PKCE, `iss`, tokens, their renewal) is the library's, with its HTTP through our [`Gate`]. Nothing is kept:
//! what the next step needs is handed back, to be sealed.

mod discover;
mod gate;
mod identity;
mod revoke;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    execute::BoxFuture,
    source_login::{Issued, LoginAnswer, LoginError, LoginRequest, LoginStep, SourceLogins},
};
use mcpbox_egress::Broker;
use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, CredentialStore, InMemoryCredentialStore,
    InMemoryStateStore, OAuthClientConfig, StateStore, StoredAuthorizationState, StoredCredentials,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use self::{
    discover::{Found, discover},
    gate::{Gate, Shut},
    identity::{Identity, identity},
};
use crate::{Sources, reason::chain};

/// Answers after which asking again is of no use.
const FINAL: [&str; 3] = ["invalid_grant", "invalid_client", "unauthorized_client"];

/// What it takes to go on, from one step to the next.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    url: String,
    origins: Vec<String>,
    resource: String,
    metadata: AuthorizationMetadata,
    client_id: String,
    client_secret: Option<String>,
    /// Whether a human entered the client.
    is_entered: bool,
    redirect_uri: String,
    /// Until the human is back.
    started: Option<StoredAuthorizationState>,
    /// From then on.
    credentials: Option<StoredCredentials>,
}

impl Kept {
    fn read(text: &SecretString) -> Result<Self, LoginError> {
        let unread = |_| LoginError::Refused("what was kept of the login cannot be read".to_owned());
        serde_json::from_str(text.expose_secret()).map_err(unread)
    }

    fn write(&self) -> Result<SecretString, LoginError> {
        let unwritten = |error: serde_json::Error| LoginError::Failed(error.to_string());
        serde_json::to_string(self).map(SecretString::from).map_err(unwritten)
    }

    fn gate(&self, broker: &Arc<Broker>) -> Result<Arc<Gate>, LoginError> {
        Ok(Arc::new(Gate::new(broker, &parsed(&self.url)?, &self.origins, &self.resource)))
    }

    /// The library, where this left off.
    async fn manager(&self, gate: &Arc<Gate>) -> Result<AuthorizationManager, LoginError> {
        let mut manager = manager(gate, &self.resource, &self.metadata).await?;
        let mut config = OAuthClientConfig::new(&self.client_id, &self.redirect_uri);
        config.client_secret.clone_from(&self.client_secret);
        manager.configure_client(config).map_err(|error| explain(&error, gate))?;
        Ok(manager)
    }

    /// With what was given.
    fn issued(mut self, credentials: StoredCredentials) -> Result<Issued, LoginError> {
        let tokens = serde_json::to_value(&credentials.token_response).unwrap_or_default();
        let text = |name: &str| tokens.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(token) = text("access_token") else {
            return Err(LoginError::Failed("the answer holds no access token".to_owned()));
        };
        let issued = Issued {
            token: SecretString::from(token),
            is_renewable: text("refresh_token").is_some(),
            issuer: self.metadata.issuer.clone().unwrap_or_default(),
            scopes: credentials.granted_scopes.clone(),
            expires_at: ends(&tokens, credentials.token_received_at),
            kept: SecretString::default(),
        };
        (self.started, self.credentials) = (None, Some(credentials));
        Ok(Issued { kept: self.write()?, ..issued })
    }
}

fn ends(tokens: &Value, received_at: Option<u64>) -> Option<DateTime<Utc>> {
    let lasts = i64::try_from(tokens.get("expires_in")?.as_u64()?).ok()?;
    let received_at = i64::try_from(received_at?).ok()?;
    DateTime::from_timestamp(received_at.checked_add(lasts)?, 0)
}

fn parsed(url: &str) -> Result<Url, LoginError> {
    Url::parse(url).map_err(|_| LoginError::Refused("the source's address is none".to_owned()))
}

async fn manager(
    gate: &Arc<Gate>,
    resource: &str,
    metadata: &AuthorizationMetadata,
) -> Result<AuthorizationManager, LoginError> {
    let manager = AuthorizationManager::new_with_oauth_http_client(resource, Arc::clone(gate) as _).await;
    let mut manager = manager.map_err(|error| explain(&error, gate))?;
    manager.set_metadata(metadata.clone());
    Ok(manager)
}

/// In the words of the other side, where it had any.
fn explain(error: &AuthError, gate: &Gate) -> LoginError {
    let told = gate.told();
    let is_final = told.as_ref().and_then(|told| told.code.as_deref()).is_some_and(|code| FINAL.contains(&code));
    let words = told.map_or_else(|| chain(error), |told| told.words);
    match error {
        AuthError::TokenRefreshRejected(_) | AuthError::AuthorizationRequired => LoginError::Refused(words),
        _ if is_final => LoginError::Refused(words),
        _ => LoginError::Failed(words),
    }
}

impl Sources {
    async fn begin_login(&self, request: LoginRequest) -> Result<LoginStep, LoginError> {
        let url = parsed(&request.url)?;
        let gate = Gate::new(&self.broker, &url, &request.origins, &request.url);
        let allow = |missing: Vec<String>| {
            let mut origins = request.origins.clone();
            origins.extend(missing);
            LoginStep::Allow { origins }
        };
        let found = match discover(&gate, &url).await {
            Ok(found) => found,
            Err(Shut::NotAllowed(origin)) => return Ok(allow(vec![origin])),
            Err(shut) => return Err(LoginError::Failed(shut.to_string())),
        };
        let missing = missing(&gate, &found)?;
        if !missing.is_empty() {
            return Ok(allow(missing));
        }
        let gate = Arc::new(Gate::new(&self.broker, &url, &request.origins, &found.resource));
        let identity = identity(&gate, &found, &request).await?;
        go(&gate, found, request, identity).await
    }

    async fn finish_login(&self, pending: SecretString, answer: LoginAnswer) -> Result<Issued, LoginError> {
        let mut kept = Kept::read(&pending)?;
        let gate = kept.gate(&self.broker)?;
        let mut manager = kept.manager(&gate).await?;
        let Some(started) = kept.started.take() else {
            return Err(LoginError::Refused("this login did not begin here".to_owned()));
        };
        let (states, credentials) = (InMemoryStateStore::new(), InMemoryCredentialStore::new());
        states.save(&answer.state, started).await.map_err(|error| explain(&error, &gate))?;
        manager.set_state_store(states);
        manager.set_credential_store(credentials.clone());
        let asked = manager.exchange_code_for_token_with_issuer(&answer.code, &answer.state, answer.issuer.as_deref());
        asked.await.map_err(|error| explain(&error, &gate))?;
        given(kept, &credentials, &gate).await
    }

    async fn renew_login(&self, kept: SecretString) -> Result<Issued, LoginError> {
        let mut kept = Kept::read(&kept)?;
        let gate = kept.gate(&self.broker)?;
        let mut manager = kept.manager(&gate).await?;
        let Some(before) = kept.credentials.take() else {
            return Err(LoginError::Refused("nobody has logged in".to_owned()));
        };
        let credentials = InMemoryCredentialStore::new();
        credentials.save(before).await.map_err(|error| explain(&error, &gate))?;
        manager.set_credential_store(credentials.clone());
        manager.refresh_token().await.map_err(|error| explain(&error, &gate))?;
        given(kept, &credentials, &gate).await
    }
}

async fn given(kept: Kept, credentials: &InMemoryCredentialStore, gate: &Gate) -> Result<Issued, LoginError> {
    let given = credentials.load().await.map_err(|error| explain(&error, gate))?;
    kept.issued(given.ok_or_else(|| LoginError::Failed("no tokens were given".to_owned()))?)
}

/// Origins that a login needs and that nobody allowed yet. Nobody is sent, and nothing is told, to one that is not allowed.
fn missing(gate: &Gate, Found { metadata, .. }: &Found) -> Result<Vec<String>, LoginError> {
    let mut missing = Vec::new();
    let endpoints = [
        Some(&metadata.authorization_endpoint),
        Some(&metadata.token_endpoint),
        metadata.registration_endpoint.as_ref(),
    ];
    for endpoint in endpoints.into_iter().flatten() {
        let url = Url::parse(endpoint)
            .map_err(|_| LoginError::Failed(format!("{} is no address of a login", gate::shown(endpoint))))?;
        match gate.check(&url) {
            Ok(()) => {}
            Err(Shut::NotAllowed(origin)) if missing.contains(&origin) => {}
            Err(Shut::NotAllowed(origin)) => missing.push(origin),
            Err(shut) => return Err(LoginError::Failed(shut.to_string())),
        }
    }
    Ok(missing)
}

/// Where the human goes, and what is needed when they are back.
async fn go(gate: &Arc<Gate>, found: Found, request: LoginRequest, who: Identity) -> Result<LoginStep, LoginError> {
    let Identity { client_id, client_secret, is_entered } = who;
    let Found { resource, metadata, scopes } = found;
    let LoginRequest { url, origins, redirect_uri, .. } = request;
    let (started, credentials) = (None, None);
    let mut kept = Kept {
        url,
        origins,
        resource,
        metadata,
        client_id,
        client_secret,
        is_entered,
        redirect_uri,
        started,
        credentials,
    };
    let mut manager = kept.manager(gate).await?;
    let states = InMemoryStateStore::new();
    manager.set_state_store(states.clone());
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let to = manager.get_authorization_url(&scopes).await.map_err(|error| explain(&error, gate))?;
    let to = with_resource(&parsed(&to)?, &kept.resource);
    let state = to.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    let state = state.unwrap_or_default();
    kept.started = states.load(&state).await.map_err(|error| explain(&error, gate))?;
    Ok(LoginStep::Go { url: to.to_string(), state, pending: kept.write()? })
}

/// The same address with the resource as it was published.
fn with_resource(url: &Url, resource: &str) -> Url {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut told = url.clone();
    let told_pairs = pairs.iter().map(|(name, value)| (name, if name == "resource" { resource } else { value }));
    told.query_pairs_mut().clear().extend_pairs(told_pairs);
    told
}

impl SourceLogins for Sources {
    fn begin(&self, request: LoginRequest) -> BoxFuture<'_, Result<LoginStep, LoginError>> {
        Box::pin(self.begin_login(request))
    }

    fn finish(&self, pending: SecretString, answer: LoginAnswer) -> BoxFuture<'_, Result<Issued, LoginError>> {
        Box::pin(self.finish_login(pending, answer))
    }

    fn renew(&self, kept: SecretString) -> BoxFuture<'_, Result<Issued, LoginError>> {
        Box::pin(self.renew_login(kept))
    }

    fn revoke(&self, kept: SecretString) -> BoxFuture<'_, Result<bool, LoginError>> {
        Box::pin(self.revoke_login(kept))
    }
}
