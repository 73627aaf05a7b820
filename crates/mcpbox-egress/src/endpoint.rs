//! An address that a human typed, for a request of MCPbox itself rather than of a tool. Typing it is the grant: this host and
//! port, a private network included, and nothing else. What is never reached stays so.

use mcpbox_core::capability::HostRule;

use crate::{
    address::{Reach, reach},
    destination::Destination,
    error::FetchError,
    gate,
};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The grant of exactly this host, port and method.
    pub rule: HostRule,
    /// `host`, `host:port`, `[v6]:port`: fit to be shown, whatever secrets the URL holds.
    pub authority: String,
    /// Whether TLS is spoken.
    pub is_tls: bool,
}

/// Reads the URL that `method` will be sent to. A name's addresses are checked when it is sent.
///
/// # Errors
/// It is not a plain `http` or `https` URL, or names an address that is never reached.
pub fn endpoint(url: &str, method: &str) -> Result<Endpoint, FetchError> {
    let to = Destination::parse(url)?;
    if let Some(Reach::Never(what)) = to.literal.map(reach) {
        return Err(gate::never(&to, None, what));
    }
    let rule = HostRule { host: to.host.clone(), port: Some(to.port), method: Some(method.to_owned()) };
    Ok(Endpoint { rule, authority: to.authority(), is_tls: to.is_tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_an_address_grants_it_and_nothing_else() {
        let lan = endpoint("http://192.168.1.5:8080/topic?key=s3cret", "POST").unwrap();
        assert_eq!((lan.authority.as_str(), lan.is_tls), ("192.168.1.5:8080", false));
        assert!(lan.rule.allows("192.168.1.5", 8080, "POST") && !lan.rule.allows("192.168.1.5", 80, "POST"));
        assert!(!lan.rule.allows("192.168.1.5", 8080, "GET"));
        assert_eq!(endpoint("https://Example.COM./x", "POST").unwrap().authority, "example.com");
        assert_eq!(endpoint("http://[fd00::5]:81/x", "POST").unwrap().authority, "[fd00::5]:81");
    }

    #[test]
    fn what_is_never_reached_is_refused_when_it_is_typed() {
        let refused = [
            "http://127.0.0.1:2586/t",
            "http://2130706433/t",
            "http://[::1]/t",
            "http://[::ffff:127.0.0.1]/t",
            "http://169.254.169.254/latest",
            "http://0.0.0.0/t",
            "http://224.0.0.1/t",
            "ftp://ntfy.test/t",
            "https://user:pass@ntfy.test/t",
            "https://ntfy.test:0/t",
            "ntfy.test/t",
            "",
        ];
        for url in refused {
            assert!(endpoint(url, "POST").is_err(), "{url}");
        }
        let error = endpoint("http://127.0.0.1/t", "POST").unwrap_err();
        assert!(error.message.contains("127.0.0.1 is a loopback address"), "{error}");
    }
}
