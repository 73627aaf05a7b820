//! What stands in front of the listeners: proxies whose word counts, and web pages that may use the MCP endpoint.

use ipnet::IpNet;
use mcpbox_core::proxies::Proxies;

use super::{
    clients::networks,
    parse::wrong,
    source::{Settings, SettingsError},
};

/// Networks wider than this are no list of proxies.
const PREFIX_MIN: (u8, u8) = (8, 16);

/// Whose word about a client's address counts.
///
/// # Errors
/// A word is no address, or a network so wide that anybody could claim to be anybody.
pub(super) fn trusted(settings: &Settings) -> Result<Proxies, SettingsError> {
    let networks = networks(settings, "trusted_proxies")?;
    let is_wide = |network: &&IpNet| match network {
        IpNet::V4(network) => network.prefix_len() < PREFIX_MIN.0,
        IpNet::V6(network) => network.prefix_len() < PREFIX_MIN.1,
    };
    if let Some(wide) = networks.iter().find(is_wide) {
        let rule = format!("{wide} is so wide that clients could claim any address; name the proxies themselves");
        return Err(wrong(settings, "trusted_proxies", &rule));
    }
    Ok(Proxies::these(networks))
}

/// Origins of web pages that may use the MCP endpoint.
///
/// # Errors
/// A word is no origin.
pub(super) fn origins(settings: &Settings) -> Result<Vec<String>, SettingsError> {
    let words = settings.get("mcp_allowed_origins").0.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| origin(word).ok_or_else(|| wrong(settings, "mcp_allowed_origins", &rule(word)))).collect()
}

/// As a browser sends it.
fn origin(word: &str) -> Option<String> {
    let url = url::Url::parse(word).ok()?;
    let is_origin = matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none();
    let origin = url.origin().ascii_serialization();
    (is_origin && url.fragment().is_none() && url.username().is_empty()).then_some(origin)
}

fn rule(word: &str) -> String {
    format!("'{word}' is no origin such as https://app.example.com")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn settings(key: &'static str, value: &str) -> Settings {
        let env = Environment::from([("HOME".to_owned(), "/home/ada".to_owned())]);
        Settings::collect(Flags::from([(key, value.to_owned())]), None, None, &env).unwrap()
    }

    #[test]
    fn proxies_are_named_and_nobody_is_trusted_otherwise() {
        let of = |value| trusted(&settings("trusted_proxies", value)).map_err(|error| error.to_string());
        let address = |text: &str| text.parse().unwrap();
        assert!(!of("").unwrap().trusts(address("127.0.0.1")));
        let some = of("127.0.0.1, 104.16.0.0/13,2400:cb00::/32").unwrap();
        assert!(some.trusts(address("127.0.0.1")) && some.trusts(address("2400:cb00::1")));
        assert!(!some.trusts(address("127.0.0.2")) && !some.trusts(address("::1")));
        for wide in ["0.0.0.0/0", "::/0", "128.0.0.0/7", "2000::/3"] {
            assert!(of(wide).unwrap_err().contains("so wide"), "{wide}");
        }
        for word in ["all", "nginx", "127.0.0.1:80"] {
            assert!(of(word).unwrap_err().contains("is no address"), "{word}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        let of = |value| origins(&settings("mcp_allowed_origins", value)).map_err(|error| error.to_string());
        assert_eq!(of("").unwrap(), Vec::<String>::new());
        let some = of("https://App.example.com/, http://localhost:6274").unwrap();
        assert_eq!(some, ["https://app.example.com", "http://localhost:6274"]);
        for word in ["*", "null", "app.example.com", "https://a.example/page", "ftp://a.example", "https://u@a.example"]
        {
            assert!(of(word).unwrap_err().contains(&format!("'{word}' is no origin")), "{word}");
        }
    }
}
