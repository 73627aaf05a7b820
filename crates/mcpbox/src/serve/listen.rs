//! The doors: MCP endpoint here and from elsewhere, admin page and API, the command line's socket. Bound before anything slow starts, so
//! that a taken port is told at once.

use std::{fs::Permissions, net::SocketAddr, os::unix::fs::PermissionsExt, sync::Arc};

use anyhow::{Context, bail};
use mcpbox_admin::{AdminConfig, Connect, Monitor, RateLimit};
use mcpbox_catalog::Catalog;
use mcpbox_gateway::{GatewayConfig, RateLimits};
use mcpbox_listen::LoginLimit;
use tokio::{
    net::{TcpListener, UnixListener},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, Doors, Rates, Remote},
    connection,
    data_dir::{DataDir, short_path, socket_path},
};

/// Bound, not yet served. A part of a server has only its own.
pub(crate) struct Listeners {
    admin: Option<(TcpListener, SocketAddr)>,
    mcp: Option<(TcpListener, SocketAddr)>,
    remote: Option<TcpListener>,
    socket: Option<UnixListener>,
    monitor: Option<TcpListener>,
}

/// What to do when a port is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakenPort {
    /// Say so and end.
    Refuse,
    /// Take a free one: nobody typed the address.
    TakeAnother,
}

impl Listeners {
    /// Binds those that the role has.
    ///
    /// # Errors
    /// A port is taken or not allowed; the sentence names the flag that changes it.
    pub(crate) async fn bind(config: &Config, dir: &DataDir, taken: TakenPort) -> anyhow::Result<Self> {
        let doors = config.doors();
        let admin = match doors.has_admin() {
            true => Some(bind(config.admin_addr, "--admin-addr", taken).await?),
            false => None,
        };
        let mcp = match doors.has_mcp() {
            true => Some(bind(config.mcp_addr, "--mcp-addr", taken).await?),
            false => None,
        };
        let remote = match &config.remote {
            Some(remote) if doors.has_mcp() => Some(bind(remote.address, "--remote-addr", TakenPort::Refuse).await?.0),
            _ => None,
        };
        let socket = doors.has_admin().then(|| bind_socket(dir)).transpose()?;
        let monitor = bind_monitor(config).await?;
        Ok(Self { admin, mcp, remote, socket, monitor })
    }

    /// Base URL of the admin page.
    pub(crate) fn admin_url(&self) -> Option<String> {
        self.admin.as_ref().map(|(_, address)| format!("http://{}", reachable(*address)))
    }

    /// The MCP endpoint.
    pub(crate) fn mcp_url(&self) -> Option<String> {
        self.mcp.as_ref().map(|(_, address)| format!("http://{}/mcp", reachable(*address)))
    }

    /// Serves until `shutdown`.
    pub(crate) fn serve(
        self,
        catalog: &Arc<Catalog>,
        monitor: &Monitor,
        config: &Config,
        shutdown: &CancellationToken,
    ) -> JoinSet<anyhow::Result<()>> {
        let mut doors = JoinSet::new();
        let hub = || (Arc::clone(catalog), shutdown.clone());
        let url = config.mcp_url.clone().or_else(|| self.mcp_url()).unwrap_or_else(|| default_mcp_url(config));
        // One count for both doors that take passwords.
        let logins = LoginLimit::per_minute(config.rates.logins);
        let (gateway, admin) = (gateway_config(config), admin_config(config, monitor, (url, logins.clone())));
        if let Some((listener, _)) = self.mcp {
            let (catalog, token) = hub();
            doors.spawn(async move {
                mcpbox_gateway::serve(listener, catalog, gateway, token).await.context("the MCP endpoint stopped")
            });
        }
        if let (Some(listener), Some(remote)) = (self.remote, &config.remote) {
            let ((catalog, token), gateway) = (hub(), remote_config(config, remote, logins));
            doors.spawn(async move {
                mcpbox_gateway::serve(listener, catalog, gateway, token).await.context("remote access stopped")
            });
        }
        if let Some((listener, _)) = self.admin {
            let ((catalog, token), settings) = (hub(), admin.clone());
            doors.spawn(async move {
                mcpbox_admin::serve(listener, catalog, settings, token).await.context("the admin page stopped")
            });
        }
        if let Some(socket) = self.socket {
            let (catalog, token) = hub();
            doors.spawn(async move {
                mcpbox_admin::serve_socket(socket, catalog, admin, token)
                    .await
                    .context("the command line's socket stopped")
            });
        }
        if let Some(listener) = self.monitor {
            let (monitor, token) = (monitor.clone(), shutdown.clone());
            doors.spawn(async move {
                mcpbox_admin::serve_monitor(listener, monitor, token)
                    .await
                    .context("the listener of the metrics stopped")
            });
        }
        doors
    }
}

/// Binds the listener that has the metrics alone, if there is to be one.
///
/// # Errors
/// As [`bind`].
pub(crate) async fn bind_monitor(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    match config.metrics_addr {
        Some(address) => Ok(Some(bind(address, "--metrics-addr", TakenPort::Refuse).await?.0)),
        None => Ok(None),
    }
}

/// Binds one listener.
///
/// # Errors
/// A sentence that names the flag.
pub(crate) async fn bind(
    address: SocketAddr,
    flag: &str,
    taken: TakenPort,
) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = match TcpListener::bind(address).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && taken == TakenPort::TakeAnother => {
            TcpListener::bind(SocketAddr::new(address.ip(), 0)).await
        }
        bound => bound,
    };
    match listener {
        Ok(listener) => {
            let address = listener.local_addr().context("a listener has no address")?;
            Ok((listener, address))
        }
        Err(error) => match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                bail!(
                    "port {} of {} is taken by another program; stop it, or choose another with {flag} HOST:PORT",
                    address.port(),
                    address.ip()
                )
            }
            std::io::ErrorKind::PermissionDenied => {
                bail!("port {} needs more rights; choose one above 1023 with {flag} HOST:PORT", address.port())
            }
            std::io::ErrorKind::AddrNotAvailable => {
                bail!("this machine has no address {}; choose another with {flag} HOST:PORT", address.ip())
            }
            _ => {
                Err(error).with_context(|| format!("cannot listen on {address}; choose another with {flag} HOST:PORT"))
            }
        },
    }
}

/// The data directory's lock is held, so a socket file that is there belongs to a server that died.
fn bind_socket(dir: &DataDir) -> anyhow::Result<UnixListener> {
    let path = socket_path(dir.path());
    let _absent = std::fs::remove_file(&path);
    let (_guard, short) = short_path(&path)?;
    let listener = UnixListener::bind(short).with_context(|| format!("cannot make the socket {}", path.display()))?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))
        .with_context(|| format!("cannot protect {}", path.display()))?;
    Ok(listener)
}

/// An address that a browser on this machine can open.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v6.port())),
        other => other,
    }
}

/// Where clients find a gateway that was told nothing else.
fn default_mcp_url(config: &Config) -> String {
    format!("http://{}/mcp", reachable(config.mcp_addr))
}

/// How MCP is served.
pub(crate) fn gateway_config(config: &Config) -> GatewayConfig {
    let rate_limits = RateLimits { per_tool: config.rates.tools, per_client: config.rates.calls };
    // A session lives in one process, and the next request may come to another.
    let legacy_sessions = config.doors() != Doors::Gateway;
    let allowed_hosts = config.mcp_url.as_deref().and_then(host_of).into_iter().collect();
    let peers = config.mcp_clients.clone();
    let allowed_origins = config.mcp_allowed_origins.clone();
    let front = config.front.front.clone();
    GatewayConfig {
        peers,
        allowed_hosts,
        allowed_origins,
        rate_limits,
        legacy_sessions,
        front,
        task_after: config.task_after,
        ..GatewayConfig::default()
    }
}

/// How MCP is served to clients elsewhere. Whoever connects is behind a tunnel or proxy; who they are shows in their token.
fn remote_config(config: &Config, remote: &Remote, logins: LoginLimit) -> GatewayConfig {
    let Rates { registrations, tokens, authorizations, looks, .. } = config.rates;
    let rates = mcpbox_gateway::Rates { registrations, tokens, requests: authorizations, looks };
    let (public_url, hsts) = (remote.public_url.clone(), config.hsts);
    GatewayConfig {
        peers: remote.clients.clone(),
        allowed_hosts: host_of(&remote.public_url).into_iter().collect(),
        proxies: config.trusted_proxies.clone(),
        remote: Some(mcpbox_gateway::Remote { public_url, rates, logins, hsts }),
        ..gateway_config(config)
    }
}

fn admin_config(config: &Config, monitor: &Monitor, (mcp_url, logins): (String, LoginLimit)) -> AdminConfig {
    let rate_limit = RateLimit { requests: config.rates.requests, logins };
    let public = config.admin_url.as_deref().unwrap_or_default();
    AdminConfig {
        peers: config.admin_clients.clone(),
        proxies: config.trusted_proxies.clone(),
        hsts: config.hsts,
        allowed_hosts: host_of(public).into_iter().collect(),
        cookie_secure: public.starts_with("https://"),
        rate_limit,
        ui: mcpbox_ui::router(),
        monitor: Some(monitor.clone()),
        connect: Connect { mcp_url, command: stdio_command(config), public: connection::public(config) },
        ..AdminConfig::default()
    }
}

/// `host` or `host:port` of an address that begins with its scheme.
fn host_of(url: &str) -> Option<String> {
    url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned())
}

/// What a client starts that speaks over stdio. The directory is named in full: the client may have another home.
fn stdio_command(config: &Config) -> Vec<String> {
    let program = std::env::current_exe().map_or_else(|_| "mcpbox".to_owned(), |path| path.display().to_string());
    vec![program, "stdio".to_owned(), "--data-dir".to_owned(), config.data_dir.display().to_string()]
}
