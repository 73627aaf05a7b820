//! Which addresses may connect to a listener. Asked with the address that the kernel tells, never with one from a header.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use ipnet::IpNet;

/// Refused addresses that are remembered; further ones are refused without being told of.
const TOLD_MAX: usize = 256;

/// The addresses that are served. The machine itself (a loopback address) always is.
#[derive(Debug, Clone, Default)]
pub struct Peers {
    allowed: Option<Arc<[IpNet]>>,
    told: Arc<Mutex<BTreeSet<IpAddr>>>,
}

impl Peers {
    /// Every address.
    pub fn anyone() -> Self {
        Self::default()
    }

    /// These networks, and the machine itself.
    pub fn only(networks: Vec<IpNet>) -> Self {
        Self { allowed: Some(networks.into()), told: Arc::default() }
    }

    /// The networks, when not everybody is served.
    pub fn networks(&self) -> Option<&[IpNet]> {
        self.allowed.as_deref()
    }

    /// Whether `address` is served.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let Some(allowed) = &self.allowed else { return true };
        address.is_loopback() || allowed.iter().any(|network| network.contains(&address))
    }

    /// Whether the refusal of `address` is worth a line in the log: the first one is, and whoever repeats it fills no disk.
    pub fn is_news(&self, address: IpAddr) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < TOLD_MAX && told.insert(address.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_listed_networks_and_the_machine_itself_are_served() {
        let peers = Peers::only(vec!["172.18.0.1/32".parse().unwrap(), "fd00::/64".parse().unwrap()]);
        for good in ["172.18.0.1", "::ffff:172.18.0.1", "fd00::9", "127.0.0.1", "127.8.8.8", "::1"] {
            assert!(peers.admits(address(good)), "{good}");
        }
        for bad in ["172.18.0.2", "::ffff:172.18.0.2", "fd00:0:0:1::9", "0.0.0.0", "192.0.2.1"] {
            assert!(!peers.admits(address(bad)), "{bad}");
            assert!(Peers::anyone().admits(address(bad)), "{bad}");
        }
    }

    #[test]
    fn a_refused_address_is_told_once_and_many_are_forgotten() {
        let peers = Peers::only(Vec::new());
        assert!(peers.is_news(address("10.0.0.1")) && !peers.is_news(address("::ffff:10.0.0.1")));
        let told = (0..1_000_u32).filter(|number| peers.is_news(Ipv4Addr::from_bits(*number).into())).count();
        assert_eq!(told, TOLD_MAX - 1);
    }
}
