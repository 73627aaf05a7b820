//! The system's names: `/etc/hosts` first, then the servers of `/etc/resolv.conf`; `.local` names, which are usually
//! multicast DNS, through the C library. Files are read again when they change: laptops and containers move.

use std::{
    convert::Infallible,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use hickory_resolver::{
    TokioResolver,
    config::{LookupIpStrategy, ResolveHosts},
    net::{NetError, runtime::TokioRuntimeProvider},
    system_conf::parse_resolv_conf,
};
use mcpbox_core::execute::BoxFuture;

use super::{Resolve, ResolveError};

/// Names as this machine knows them.
pub(crate) struct SystemResolver {
    hosts_file: PathBuf,
    resolv_conf: PathBuf,
    hosts: Mutex<Option<Made<String>>>,
    client: Mutex<Option<Made<TokioResolver>>>,
}

/// Something made from a file, and which state of the file.
struct Made<T> {
    modified: Option<SystemTime>,
    made: Arc<T>,
}

impl SystemResolver {
    /// Reads nothing yet.
    pub(crate) fn new(hosts_file: impl Into<PathBuf>, resolv_conf: impl Into<PathBuf>) -> Self {
        Self {
            hosts_file: hosts_file.into(),
            resolv_conf: resolv_conf.into(),
            hosts: Mutex::new(None),
            client: Mutex::new(None),
        }
    }

    /// The text of the hosts file; empty when there is none.
    fn hosts(&self) -> Arc<String> {
        let read = |path: &Path| Ok::<_, Infallible>(fs::read_to_string(path).unwrap_or_default());
        match fresh(&self.hosts, &self.hosts_file, read) {
            Ok(text) => text,
            Err(never) => match never {},
        }
    }

    fn client(&self) -> Result<Arc<TokioResolver>, ResolveError> {
        fresh(&self.client, &self.resolv_conf, build_client)
    }

    async fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let listed = hosts_entries(&self.hosts(), host);
        if !listed.is_empty() {
            return Ok(listed);
        }
        match self.ask_servers(host).await {
            Err(_) if host.ends_with(".local") => ask_c_library(host).await,
            answer => answer,
        }
    }

    async fn ask_servers(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let answer = self.client()?.lookup_ip(host).await.map_err(|error| explain(&error))?;
        Ok(answer.iter().collect())
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        Box::pin(self.lookup(host))
    }
}

/// What was made from the file, made again when the file has changed.
fn fresh<T, E>(
    slot: &Mutex<Option<Made<T>>>,
    file: &Path,
    make: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<Arc<T>, E> {
    let modified = fs::metadata(file).and_then(|meta| meta.modified()).ok();
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(current) = slot.as_ref().filter(|current| current.modified == modified) {
        return Ok(Arc::clone(&current.made));
    }
    let made = Arc::new(make(file)?);
    *slot = Some(Made { modified, made: Arc::clone(&made) });
    Ok(made)
}

fn build_client(resolv_conf: &Path) -> Result<TokioResolver, ResolveError> {
    let unusable = |why: String| ResolveError::Unavailable(format!("{} is not usable: {why}", resolv_conf.display()));
    let text = fs::read(resolv_conf).map_err(|error| unusable(error.to_string()))?;
    let (config, mut options) = parse_resolv_conf(text).map_err(|error| unusable(error.to_string()))?;
    options.use_hosts_file = ResolveHosts::Never; // read by ourselves, fresh each time
    options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4; // both: every address of a name is checked
    options.positive_max_ttl = Some(Duration::from_secs(300));
    options.negative_max_ttl = Some(Duration::from_secs(10));
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = options;
    builder.build().map_err(|error| unusable(error.to_string()))
}

fn explain(error: &NetError) -> ResolveError {
    if error.is_nx_domain() || error.is_no_records_found() {
        ResolveError::NoAddress
    } else {
        ResolveError::Unavailable(error.to_string())
    }
}

/// The C library knows multicast DNS where the system is set up for it. Its answer is checked like any other.
async fn ask_c_library(host: &str) -> Result<Vec<IpAddr>, ResolveError> {
    let found = tokio::net::lookup_host((host, 0)).await.map_err(|_| ResolveError::NoAddress)?;
    Ok(found.map(|address| address.ip()).collect())
}

/// The addresses that a hosts file gives a name (hosts(5)).
fn hosts_entries(text: &str, host: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
        if words.any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(host)) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_gives_all_addresses_of_a_name() {
        let text = "127.0.0.1 localhost\n# 9.9.9.9 nas\n192.168.1.5\tnas NAS.lan. # the box\nfd00::5 nas\nbroken nas\n";
        let cases: [(&str, &[&str]); 4] = [
            ("nas", &["192.168.1.5", "fd00::5"]),
            ("nas.lan", &["192.168.1.5"]),
            ("localhost", &["127.0.0.1"]),
            ("x", &[]),
        ];
        for (host, expected) in cases {
            let expected: Vec<IpAddr> = expected.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(hosts_entries(text, host), expected, "{host}");
        }
    }

    #[tokio::test]
    async fn a_missing_resolv_conf_is_told_and_read_again_once_it_exists() {
        let folder = std::env::temp_dir().join(format!("mcpbox-egress-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let resolver = SystemResolver::new(folder.join("hosts"), folder.join("resolv.conf"));
        let missing = resolver.resolve("x.test").await.unwrap_err();
        assert!(matches!(&missing, ResolveError::Unavailable(why) if why.contains("resolv.conf")), "{missing}");
        fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
        assert!(resolver.client().is_ok());
        fs::write(folder.join("hosts"), "10.1.2.3 x.test\n").unwrap();
        assert_eq!(resolver.resolve("x.test").await.unwrap(), ["10.1.2.3".parse::<IpAddr>().unwrap()]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
