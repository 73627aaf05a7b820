//! Taking back what a login was given, at the authorization servers that do so ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use mcpbox_core::source_login::LoginError;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use super::{Kept, gate::shown};
use crate::Sources;

/// Somebody waits for it to be over.
const PATIENCE: Duration = Duration::from_secs(5);

impl Sources {
    pub(super) async fn revoke_login(&self, kept: SecretString) -> Result<bool, LoginError> {
        let kept = Kept::read(&kept)?;
        let (Some(endpoint), Some((token, sort))) = (kept.told("revocation_endpoint"), kept.longest_lived()) else {
            return Ok(false);
        };
        let none = |_| LoginError::Failed(format!("{} is no address", shown(endpoint)));
        let url = Url::parse(endpoint).map_err(none)?;
        let (headers, form) = kept.revocation(&token, sort);
        let gate = kept.gate(&self.broker)?;
        let asked = gate.open("POST", &url, headers, Bytes::from(form));
        let origin = shown(&url.origin().ascii_serialization());
        match timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) if (200..300).contains(&answer.status) => Ok(true),
            Ok(Ok(answer)) => Err(LoginError::Failed(format!("{origin} answered with HTTP {}", answer.status))),
            Ok(Err(shut)) => Err(LoginError::Failed(shut.to_string())),
            Err(_) => Err(LoginError::Failed(format!("{origin} did not answer within {} s", PATIENCE.as_secs()))),
        }
    }
}

impl Kept {
    /// A text of the server's metadata that the library does not know.
    fn told(&self, name: &str) -> Option<&str> {
        self.metadata.additional_fields.get(name)?.as_str()
    }

    /// The token with which all others end, and what sort it is.
    fn longest_lived(&self) -> Option<(String, &'static str)> {
        let tokens = serde_json::to_value(&self.credentials.as_ref()?.token_response).ok()?;
        let sorts = ["refresh_token", "access_token"];
        sorts.into_iter().find_map(|sort| Some((tokens.get(sort)?.as_str()?.to_owned(), sort)))
    }

    /// Headers and form, with who we are in the way that the server reads it.
    fn revocation(&self, token: &str, sort: &str) -> (Vec<(String, String)>, String) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", sort);
        let mut headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        match &self.client_secret {
            Some(secret) if self.takes_basic() => {
                let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let who = STANDARD.encode(format!("{}:{}", part(&self.client_id), part(secret)));
                headers.push(("authorization".to_owned(), format!("Basic {who}")));
            }
            // A parameter without a value is as good as none (RFC 6749), and servers made with the Python SDK ask for this one.
            secret => {
                let secret = secret.as_deref().unwrap_or_default();
                form.append_pair("client_id", &self.client_id).append_pair("client_secret", secret);
            }
        }
        (headers, form.finish())
    }

    /// Whether a client shows its secret in a header: the usual way, unless the server takes it in the form.
    fn takes_basic(&self) -> bool {
        let fields = &self.metadata.additional_fields;
        let names = ["revocation_endpoint_auth_methods_supported", "token_endpoint_auth_methods_supported"];
        let methods = names.into_iter().find_map(|name| fields.get(name).and_then(Value::as_array));
        methods.is_none_or(|methods| !methods.iter().any(|method| method == "client_secret_post"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// How a client with this secret asks a server that says this of itself.
    fn asked(secret: Value, told: Value) -> (Option<String>, String) {
        let mut metadata =
            json!({"authorization_endpoint": "https://a.test/authorize", "token_endpoint": "https://a.test/token"});
        metadata.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
        let kept: Kept = serde_json::from_value(json!({
            "url": "https://s.test/mcp", "origins": [], "resource": "https://s.test/mcp", "metadata": metadata, "client_id": "it's me",
            "client_secret": secret, "is_entered": true, "redirect_uri": "", "started": null, "credentials": null,
        }))
        .unwrap();
        let (headers, form) = kept.revocation("a token", "refresh_token");
        (headers.into_iter().find(|(name, _)| name == "authorization").map(|(_, value)| value), form)
    }

    #[test]
    fn who_asks_is_said_as_the_server_reads_it() {
        const TOKEN: &str = "token=a+token&token_type_hint=refresh_token";
        let post = json!({"revocation_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]});
        let only_tokens = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
        let public = (None, format!("{TOKEN}&client_id=it%27s+me&client_secret="));
        assert_eq!(asked(Value::Null, json!({})), public);
        assert_eq!(asked(Value::Null, post.clone()), public);
        let in_form = (None, format!("{TOKEN}&client_id=it%27s+me&client_secret=a%3Ab"));
        assert_eq!(asked(json!("a:b"), post), in_form);
        assert_eq!(asked(json!("a:b"), only_tokens), in_form);
        let basic = format!("Basic {}", STANDARD.encode("it%27s+me:a%3Ab"));
        assert_eq!(asked(json!("a:b"), json!({})), (Some(basic), TOKEN.to_owned()));
    }
}
