//! The protocol, through the library: discovery, the address to send somebody to, and what the provider says of who came back.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    oidc::Provider,
};
use mcpbox_egress::endpoint;
use mcpbox_store::oidc_provider;
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
        CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
        CoreTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::http::Http;
use crate::{Catalog, CatalogError, error::refused, notify};

/// Signatures that count: made with a key that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// Groups of one person that are looked at.
const GROUPS_MAX: usize = 1_000;

/// All claims that the library does not know by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Extra {
    #[serde(flatten)]
    claims: Map<String, Value>,
}
impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Client = openidconnect::Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What must be the same when somebody comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) state: String,
    nonce: String,
    verifier: String,
    redirect_url: String,
    pub(super) issuer: String,
    client_id: String,
}

/// Who the provider says came back.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) issuer: String,
    pub(super) subject: String,
    /// Only when the provider verified it.
    pub(super) email: Option<String>,
    pub(super) groups: Vec<String>,
    /// What the account here may be called.
    pub(super) name: Option<String>,
}

/// The provider, ready to be asked.
pub(super) struct Asked {
    client: Client,
    http: Http,
    provider: Provider,
}

/// Reads what the provider says of itself.
pub(super) async fn ask(cat: &Catalog, provider: Provider) -> Result<Asked, CatalogError> {
    let read = endpoint(&provider.issuer, "GET").map_err(|error| failed(&provider, &error.message))?;
    let http = Http { broker: Arc::clone(notify::broker(cat)?), issuer: read.authority };
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|error| failed(&provider, &error))?;
    let about = CoreProviderMetadata::discover_async(issuer, &http).await;
    let about = about.map_err(|error| failed(&provider, &chain(&error)))?;
    let methods = about.token_endpoint_auth_methods_supported();
    let by_body = methods.is_some_and(|methods| {
        !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
            && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
    });
    let secret = oidc_provider::unseal(&cat.store.reader()).await?;
    let secret = secret.map(|secret: SecretString| ClientSecret::new(secret.expose_secret().to_owned()));
    let id = ClientId::new(provider.client_id.clone());
    let client: Client = openidconnect::Client::from_provider_metadata(about, id, secret);
    let client = if by_body { client.set_auth_type(AuthType::RequestBody) } else { client };
    Ok(Asked { client, http, provider })
}

impl Asked {
    /// Where to send somebody, and what to remember of it.
    pub(super) fn start(self, redirect_url: String) -> Result<(String, Pending), CatalogError> {
        let redirect = RedirectUrl::new(redirect_url.clone()).map_err(CatalogError::internal)?;
        let client = self.client.set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        for scope in ["email", "profile"].into_iter().chain(self.provider.scopes.iter().map(String::as_str)) {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            redirect_url,
            issuer: self.provider.issuer,
            client_id: self.provider.client_id,
        };
        Ok((url.into(), pending))
    }

    /// Exchanges the code and checks what comes.
    pub(super) async fn finish(self, cat: &Arc<Catalog>, pending: Pending, code: &str) -> Result<Said, CatalogError> {
        if (&pending.issuer, &pending.client_id) != (&self.provider.issuer, &self.provider.client_id) {
            return Err(CatalogError::Unauthenticated("the provider was changed meanwhile; log in again".to_owned()));
        }
        let failed = |error: &dyn std::fmt::Display| failed(&self.provider, error);
        let redirect = RedirectUrl::new(pending.redirect_url).map_err(CatalogError::internal)?;
        let client = self.client.set_redirect_uri(redirect);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|error| failed(&error))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(pending.verifier));
        let answer = request.request_async(&self.http).await.map_err(|error| failed(&chain(&error)))?;
        let token = answer.id_token().ok_or_else(|| failed(&"it gave no id token"))?;
        let clock = Arc::clone(&cat.clock);
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || clock.now());
        let claims = token.claims(&verifier, &Nonce::new(pending.nonce)).map_err(|error| failed(&chain(&error)))?;
        let email = claims.email().filter(|_| claims.email_verified() == Some(true)).map(|email| email.to_string());
        let name = claims.preferred_username().map(|name| name.to_string());
        let groups = self.provider.groups(&claims.additional_claims().claims);
        let mut said = Said {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email,
            groups: groups.clone().unwrap_or_default(),
            name,
        };
        if said.email.is_none() || said.name.is_none() || groups.is_none() {
            // Many providers tell these at their user info endpoint alone.
            let subject = Some(claims.subject().clone());
            if let Ok(request) = client.user_info(answer.access_token().clone(), subject) {
                let info: Result<UserInfoClaims<Extra, CoreGenderClaim>, _> = request.request_async(&self.http).await;
                said.add(&info.map_err(|error| failed(&chain(&error)))?, &self.provider);
            }
        }
        Ok(said)
    }

    /// What an admin wants to see of it.
    pub(super) fn authorization_url(&self) -> String {
        self.client.auth_uri().to_string()
    }
}

impl Said {
    /// What the user info endpoint tells, where the id token did not.
    fn add(&mut self, info: &UserInfoClaims<Extra, CoreGenderClaim>, provider: &Provider) {
        if self.email.is_none() && info.email_verified() == Some(true) {
            self.email = info.email().map(|email| email.to_string());
        }
        if self.name.is_none() {
            self.name = info.preferred_username().map(|name| name.to_string());
        }
        if self.groups.is_empty() {
            self.groups = provider.groups(&info.additional_claims().claims).unwrap_or_default();
        }
    }
}

/// Reading somebody's groups.
trait Groups {
    /// The groups among these claims; none when the claim is not there.
    fn groups(&self, claims: &Map<String, Value>) -> Option<Vec<String>>;
}

impl Groups for Provider {
    fn groups(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        let claim = if self.groups_claim.is_empty() { "groups" } else { &self.groups_claim };
        let listed = claims.get(claim)?.as_array()?;
        Some(listed.iter().filter_map(Value::as_str).take(GROUPS_MAX).map(str::to_owned).collect())
    }
}

/// The provider cannot be used; an admin has to look.
fn failed(provider: &Provider, why: &(impl std::fmt::Display + ?Sized)) -> CatalogError {
    tracing::warn!(issuer = provider.issuer, error = %why, "the OpenID provider could not be used");
    let failure =
        Failure::new(FailureKind::Unavailable, format!("the provider {} could not be used: {why}", provider.issuer));
    failure.hint("log in with your password, and check the provider on the page Users").into()
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Refuses what cannot be a provider.
pub(super) fn check(provider: &Provider) -> Result<(), CatalogError> {
    let invalid = |message: String| Err(refused(FailureKind::InvalidArguments, message));
    let lists = [&provider.allowed_emails, &provider.allowed_groups, &provider.scopes];
    let texts = lists.into_iter().flatten().chain([&provider.name, &provider.client_id, &provider.groups_claim]);
    if texts.into_iter().chain(provider.roles.iter().map(|rule| &rule.group)).any(|text| text.chars().count() > 300) {
        return invalid("a name, group or address has more than 300 characters".to_owned());
    }
    if lists.iter().any(|list| list.len() > 500) || provider.roles.len() > 100 {
        return invalid("there may be 500 addresses, groups and scopes, and 100 rules for roles".to_owned());
    }
    if !provider.is_on && provider.issuer.is_empty() {
        return Ok(());
    }
    if let Err(error) = endpoint(&provider.issuer, "GET") {
        return invalid(format!("the issuer cannot be used: {}", error.message));
    }
    if provider.is_on && provider.client_id.trim().is_empty() {
        return invalid("the client id is missing: register MCPbox with the provider, it gives one".to_owned());
    }
    if provider.is_on && provider.allowed_emails.is_empty() && provider.allowed_groups.is_empty() {
        return invalid("nobody may log in: name verified e-mail addresses, @domains or groups".to_owned());
    }
    Ok(())
}
