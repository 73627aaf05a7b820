//! Settings that are each fine and together give somebody what nobody meant to give. They are refused at the start.

use std::net::{IpAddr, SocketAddr};

use url::Url;

use super::{
    Config, Rates, Remote,
    parse::wrong,
    source::{Settings, SettingsError},
};

/// Refuses what is dangerous together.
///
/// # Errors
/// The sentence names the setting to change.
pub(super) fn refuse(config: &Config, settings: &Settings) -> Result<(), SettingsError> {
    let doors = config.doors();
    if doors.has_admin() && doors.has_mcp() && share(config.admin_addr, config.mcp_addr) {
        let rule = "the MCP endpoint listens there too, and an LLM must not reach the admin page; give one of them another port";
        return Err(wrong(settings, "admin_addr", rule));
    }
    if let (Some(admin), Some(mcp)) = (&config.admin_url, &config.mcp_url)
        && same_origin(admin, mcp)
    {
        let rule = "admin_url has the same scheme, host and port, and who may reach the one could then reach the other; give each a name or \
                    a port of its own";
        return Err(wrong(settings, "mcp_url", rule));
    }
    if let Some(remote) = &config.remote {
        refuse_remote(config, settings, remote)?;
    }
    if config.hsts { refuse_promise(config, settings) } else { Ok(()) }
}

/// What browsers that were told to come by https alone could not open afterwards. They remember host names, whatever the port.
fn refuse_promise(config: &Config, settings: &Settings) -> Result<(), SettingsError> {
    let public = config.remote.as_ref().map(|remote| &remote.public_url);
    let of_scheme = |urls: [Option<&String>; 2], scheme: &str| -> Vec<String> {
        let urls = urls.into_iter().flatten().filter_map(|url| Url::parse(url).ok());
        urls.filter(|url| url.scheme() == scheme).filter_map(|url| url.host_str().map(str::to_owned)).collect()
    };
    let promised = of_scheme([config.admin_url.as_ref(), public], "https");
    if promised.is_empty() {
        let rule = "nothing here is at an https address; set MCPBOX_ADMIN_URL (or MCPBOX_PUBLIC_URL) to the https address of your proxy, \
                    or leave hsts off";
        return Err(wrong(settings, "hsts", rule));
    }
    let plain = of_scheme([config.admin_url.as_ref(), config.mcp_url.as_ref()], "http");
    if let Some(host) = plain.iter().find(|host| promised.contains(host)) {
        let rule = format!(
            "browsers would refuse the http address on {host} afterwards, whatever its port; give https and http names of their own, or \
             leave hsts off"
        );
        return Err(wrong(settings, "hsts", &rule));
    }
    Ok(())
}

/// What is dangerous once clients elsewhere may connect.
fn refuse_remote(config: &Config, settings: &Settings, remote: &Remote) -> Result<(), SettingsError> {
    if [config.admin_addr, config.mcp_addr].into_iter().any(|other| share(remote.address, other)) {
        let rule = "another listener is there; clients elsewhere must reach neither the admin page nor the endpoint without a login: give \
                    it a port of its own";
        return Err(wrong(settings, "remote_addr", rule));
    }
    if [&config.admin_url, &config.mcp_url].into_iter().flatten().any(|url| same_origin(url, &remote.public_url)) {
        let rule = "the admin page or the local endpoint has the same scheme, host and port; give what clients elsewhere reach a name or a \
                    port of its own";
        return Err(wrong(settings, "public_url", rule));
    }
    if config.insecure_no_sandbox {
        let rule = "tools would run without the layers of the sandbox for clients elsewhere; leave one of the two";
        return Err(wrong(settings, "public_url", rule));
    }
    if remote.is_of_this_machine() {
        if !remote.address.ip().is_loopback() {
            let rule = "others can reach it there, in the clear, while public_url is an address of this machine alone; listen on \
                        127.0.0.1:8002, or set MCPBOX_PUBLIC_URL to the https address that they use";
            return Err(wrong(settings, "remote_addr", rule));
        }
    } else if config.rates == Rates::OFF {
        let rule = "passwords could be guessed from elsewhere without end, at public_url; leave it on, and raise single limits with \
                    MCPBOX_RATE_LIMITS, such as tools=600";
        return Err(wrong(settings, "rate_limit", rule));
    }
    Ok(())
}

/// Whether two listeners would be one: the same port of addresses of which one holds the other.
fn share(one: SocketAddr, other: SocketAddr) -> bool {
    let meets = |one: IpAddr, other: IpAddr| one.is_unspecified() || one.to_canonical() == other.to_canonical();
    one.port() != 0 && one.port() == other.port() && (meets(one.ip(), other.ip()) || meets(other.ip(), one.ip()))
}

/// Whether browsers take two addresses for one site.
fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Environment, Flags, Settings};

    fn refusal(pairs: &[(&'static str, &str)]) -> String {
        let flags: Flags = pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let env = Environment::from([("HOME".to_owned(), "/home/ada".to_owned())]);
        let settings = Settings::collect(flags, None, None, &env).unwrap();
        Config::parse(&settings, &env).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn the_admin_page_and_the_endpoint_of_llms_are_never_one() {
        let admin = |address| ("admin_addr", address);
        for address in ["127.0.0.1:8000", "0.0.0.0:8000", "[::]:8000", "[::ffff:127.0.0.1]:8000", "localhost:8000"] {
            assert!(refusal(&[admin(address)]).contains("an LLM must not reach the admin page"), "{address}");
            assert_eq!(
                refusal(&[admin(address), ("role", "admin"), ("database_url", "postgres://h/d")]),
                "",
                "{address}"
            );
        }
        for address in ["127.0.0.1:8003", "127.0.0.2:8000", "127.0.0.1:0"] {
            assert_eq!(refusal(&[admin(address)]), "", "{address}");
        }
        let urls = |mcp| refusal(&[("admin_url", "https://box.example.com"), ("mcp_url", mcp)]);
        for same in ["https://box.example.com/mcp", "https://BOX.example.com:443/mcp"] {
            assert!(urls(same).contains("the same scheme, host and port"), "{same}");
        }
        for other in ["https://mcp.example.com/mcp", "https://box.example.com:8443/mcp", "http://box.example.com/mcp"] {
            assert_eq!(urls(other), "", "{other}");
        }
    }

    #[test]
    fn clients_elsewhere_reach_nothing_else_and_no_machine_without_a_sandbox() {
        let with = |key, value| refusal(&[("public_url", "https://box.example.com"), (key, value)]);
        for address in ["127.0.0.1:3000", "0.0.0.0:8000", "[::]:3000"] {
            assert!(with("remote_addr", address).contains("a port of its own"), "{address}");
        }
        for key in ["admin_url", "mcp_url"] {
            assert!(with(key, "https://box.example.com/x").contains("the same scheme, host and port"), "{key}");
            assert_eq!(with(key, "https://other.example.com"), "");
        }
        assert!(with("insecure_no_sandbox", "on").contains("without the layers"));
    }

    #[test]
    fn limits_are_off_only_where_nobody_elsewhere_comes_in() {
        let off = |url| refusal(&[("public_url", url), ("rate_limit", "off")]);
        for url in ["https://box.example.com", "https://192.0.2.7", "https://localhost.example.com"] {
            let refused = off(url);
            assert!(
                refused.starts_with("rate_limit is 'off'") && refused.contains("MCPBOX_RATE_LIMITS"),
                "{url}: {refused}"
            );
        }
        for url in ["http://127.0.0.1:8002", "https://localhost", "http://[::1]:8002", ""] {
            assert_eq!(off(url), "", "{url}");
        }
        let raised = [("public_url", "https://box.example.com"), ("rate_limits", "logins=60, tools=6000")];
        assert_eq!(refusal(&raised), "");
    }

    #[test]
    fn what_is_not_https_is_heard_by_this_machine_alone() {
        let at = |address| refusal(&[("public_url", "http://localhost:8002"), ("remote_addr", address)]);
        for address in ["0.0.0.0:8002", "[::]:8002", "192.168.1.2:8002"] {
            assert!(at(address).contains("in the clear"), "{address}");
            assert_eq!(refusal(&[("public_url", "https://box.example.com"), ("remote_addr", address)]), "");
        }
        assert_eq!(at("127.0.0.1:8002") + &at("[::1]:8002"), "");
    }

    #[test]
    fn https_alone_is_promised_only_where_there_is_https() {
        assert!(refusal(&[("hsts", "on")]).contains("MCPBOX_ADMIN_URL"));
        assert!(refusal(&[("hsts", "on"), ("admin_url", "http://box.lan")]).contains("MCPBOX_ADMIN_URL"));
        assert_eq!(refusal(&[("hsts", "on"), ("admin_url", "https://box.lan")]), "");
        let remote =
            |admin| refusal(&[("hsts", "on"), ("public_url", "https://box.example.com"), ("admin_url", admin)]);
        assert_eq!(remote("") + &remote("http://box.lan") + &remote("https://admin.example.com"), "");
        assert!(remote("http://box.example.com:3000").contains("give https and http names of their own"));
        let local = [("hsts", "on"), ("admin_url", "https://box.lan"), ("mcp_url", "http://box.lan:8000/mcp")];
        assert!(refusal(&local).contains("http address on box.lan"));
        assert!(refusal(&[("hsts", "on"), ("public_url", "http://localhost:8002")]).contains("MCPBOX_ADMIN_URL"));
    }
}
