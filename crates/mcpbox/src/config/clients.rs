//! Who may connect to the listeners, and whether the MCP endpoint may leave the loopback address. That endpoint asks for no login, so it
//! takes two settings to open it, of which one names who comes in, and neither can name the internet.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use mcpbox_core::peers::Peers;

use super::{
    parse::{address, wrong},
    source::{Settings, SettingsError},
};

/// The address from which a container engine hands over what comes to a port that it publishes: the container's own gateway.
const PUBLISHED_PORT: &str = "published-port";
/// The kernel's IPv4 routes.
const ROUTES: &str = "/proc/net/route";
/// Networks that no packet of the internet comes from.
const PRIVATE: [&str; 7] =
    ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

/// Where the MCP endpoint listens.
///
/// # Errors
/// It is no address, or it is open to others and nothing says to whom.
pub(super) fn mcp_address(settings: &Settings) -> Result<SocketAddr, SettingsError> {
    let address = address(settings, "mcp_addr")?;
    if !address.ip().is_loopback() && settings.get("mcp_clients").0.is_empty() {
        let rule = "it asks for no login, so keep it on a loopback address such as 127.0.0.1:8000; in a container whose port is \
                    published on the host's loopback address alone, set MCPBOX_MCP_CLIENTS=published-port";
        return Err(wrong(settings, "mcp_addr", rule));
    }
    Ok(address)
}

/// Whom a listener serves that asks for a login: all, unless the setting names some.
///
/// # Errors
/// A word is no address.
pub(super) fn of_listener(settings: &Settings, key: &str) -> Result<Peers, SettingsError> {
    let networks = networks(settings, key)?;
    Ok(if networks.is_empty() { Peers::anyone() } else { Peers::only(networks) })
}

/// Whom the MCP listener serves.
///
/// # Errors
/// A word is no address, or an address that others than one's own machines have.
pub(super) fn mcp(settings: &Settings) -> Result<Peers, SettingsError> {
    let networks = networks(settings, "mcp_clients")?;
    if let Some(network) = networks.iter().find(|network| !is_private(network)) {
        let rule =
            format!("{network} is not private, and whoever connects needs no login; name private addresses only");
        return Err(wrong(settings, "mcp_clients", &rule));
    }
    Ok(Peers::only(networks))
}

/// The networks of a setting.
///
/// # Errors
/// A word is no address.
pub(super) fn networks(settings: &Settings, key: &str) -> Result<Vec<IpNet>, SettingsError> {
    let words = settings.get(key).0.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| network(word).map_err(|rule| wrong(settings, key, &rule))).collect()
}

fn network(word: &str) -> Result<IpNet, String> {
    if word == PUBLISHED_PORT {
        let routes = std::fs::read_to_string(ROUTES).unwrap_or_default();
        let gateway = default_gateway(&routes).ok_or(
            "'published-port' is the gateway of this container's network, and there is none; name the addresses that connect",
        )?;
        return Ok(IpNet::from(IpAddr::from(gateway)));
    }
    let address = word.parse::<IpAddr>().map(IpNet::from);
    address.or_else(|_| word.parse()).map_err(|_| {
        format!("'{word}' is no address such as 10.0.0.7, no network such as 10.0.0.0/24, and not published-port")
    })
}

fn is_private(network: &IpNet) -> bool {
    PRIVATE.iter().filter_map(|text| text.parse::<IpNet>().ok()).any(|private| private.contains(network))
}

/// The gateway of the route to everywhere, in the kernel's table: name, destination, gateway, flags …, numbers in hex as they lie in memory.
fn default_gateway(routes: &str) -> Option<Ipv4Addr> {
    routes.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let (destination, gateway) = (columns.next()?, columns.next()?);
        let mask = columns.nth(4)?;
        let is_default = [destination, mask].iter().all(|column| u32::from_str_radix(column, 16) == Ok(0));
        let gateway = u32::from_str_radix(gateway, 16).ok().filter(|gateway| is_default && *gateway != 0)?;
        Some(Ipv4Addr::from(gateway.to_ne_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn settings(pairs: &[(&'static str, &str)]) -> Settings {
        let flags: Flags = pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        Settings::collect(flags, None, None, &Environment::from([("HOME".to_owned(), "/home/ada".to_owned())])).unwrap()
    }

    #[test]
    fn the_endpoint_leaves_loopback_only_for_named_private_clients() {
        let open = |pairs: &[(&'static str, &str)]| {
            let settings = settings(pairs);
            mcp_address(&settings).and_then(|_| mcp(&settings)).map_err(|error| error.to_string())
        };
        let everywhere = ("mcp_addr", "0.0.0.0:8000");
        assert!(open(&[everywhere]).unwrap_err().contains("MCPBOX_MCP_CLIENTS=published-port"));
        let peers = open(&[everywhere, ("mcp_clients", "10.1.0.0/16, 192.168.7.9,fd00:1::/64")]).unwrap();
        assert!(peers.admits("10.1.2.3".parse().unwrap()) && peers.admits("192.168.7.9".parse().unwrap()));
        assert!(!peers.admits("192.168.7.8".parse().unwrap()) && !peers.admits("10.2.0.1".parse().unwrap()));
        for wide in ["0.0.0.0/0", "::/0", "192.0.0.0/2", "8.8.8.8", "10.0.0.0/7", "2001:db8::1"] {
            let refusal = open(&[everywhere, ("mcp_clients", wide)]).unwrap_err();
            assert!(refusal.contains("is not private"), "{wide}: {refusal}");
        }
        for word in ["all", "published", "10.0.0.0/33", "balancer"] {
            let refusal = open(&[everywhere, ("mcp_clients", word)]).unwrap_err();
            assert!(refusal.contains(&format!("'{word}' is no address")), "{word}: {refusal}");
        }
        assert!(!open(&[]).unwrap().admits("10.0.0.1".parse().unwrap()), "loopback alone by default");
    }

    #[test]
    fn a_listener_with_a_login_serves_all_or_whom_it_is_told() {
        let stranger = "203.0.113.9".parse().unwrap();
        for key in ["admin_clients", "remote_clients"] {
            let of = |networks| of_listener(&settings(&[(key, networks)]), key).unwrap();
            assert!(of("").admits(stranger) && of("203.0.113.0/24").admits(stranger));
            assert!(!of("10.0.0.0/8").admits(stranger));
        }
    }

    #[test]
    fn the_gateway_is_that_of_the_route_to_everywhere() {
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        let lan = "eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let other = "eth1\t00000A0A\t0100000A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let [a, b, c, d] = 0x0100_12AC_u32.to_ne_bytes();
        let default = "eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(default_gateway(&format!("{head}{lan}{other}{default}")), Some(Ipv4Addr::new(a, b, c, d)));
        assert_eq!(default_gateway(&format!("{head}{lan}{other}")), None);
        assert_eq!(default_gateway(""), None);
    }
}
