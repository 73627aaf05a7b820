//! `cloudflared`, kept running: started once there is a token for the tunnel, again when it ends, and stopped with the server, also when
//! that is killed. It is a program that an admin provides; MCPbox neither ships nor downloads it.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use mcpbox_catalog::{Catalog, cloudflare};
use mcpbox_core::{cloudflare::TunnelStatus, event::LiveEvent};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::Child,
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::leash::Leash;

const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// One that ran for this long was well, so the next pause is short again.
const WELL_AFTER: Duration = Duration::from_secs(60);
/// For closing its connections before it is killed.
const GRACE: Duration = Duration::from_secs(2);
/// For reading what it said at its end.
const LAST_WORDS: Duration = Duration::from_millis(500);
const SAID_MAX: usize = 300;
const LINE_MAX: u64 = 8 << 10;

/// What is run.
pub(crate) struct Tunnel {
    pub program: PathBuf,
    /// The operator's own token; that of the connection made on the page otherwise.
    pub token: Option<SecretString>,
}

/// Why a process is not waited for any longer.
enum Ended {
    Stopped,
    NewToken,
    ByItself(String),
}

/// Keeps it running until `stop`.
pub(crate) async fn keep(tunnel: Tunnel, catalog: Arc<Catalog>, stop: CancellationToken) {
    let leash = match Leash::new() {
        Ok(leash) => leash,
        Err(error) => {
            report(&catalog, false, format!("cloudflared cannot be started ({error}); restart MCPbox"), 0);
            return;
        }
    };
    let mut events = catalog.subscribe();
    let mut restarts = 0_u32;
    let mut pause = PAUSE_FIRST;
    while !stop.is_cancelled() {
        let Some(token) = token(&tunnel, &catalog).await else {
            report(
                &catalog,
                false,
                "waits for the tunnel: make it on the page, or set TUNNEL_TOKEN".to_owned(),
                restarts,
            );
            tokio::select! {
                () = stop.cancelled() => return,
                () = changed(&mut events) => continue,
            }
        };
        let began = Instant::now();
        let why = match run_once((&tunnel, &leash), &token, (&catalog, restarts), &mut events, &stop).await {
            Ended::Stopped => return,
            Ended::NewToken => {
                pause = PAUSE_FIRST;
                continue;
            }
            Ended::ByItself(why) => why,
        };
        restarts = restarts.saturating_add(1);
        if began.elapsed() >= WELL_AFTER {
            pause = PAUSE_FIRST;
        }
        tracing::warn!(cloudflared.said = %why, cloudflared.pause_ms = pause.as_millis(), "cloudflared ended and is started again");
        report(&catalog, false, format!("{why}; started again in {} s", pause.as_secs_f32()), restarts);
        tokio::select! {
            () = stop.cancelled() => return,
            () = new_token(&tunnel, &catalog, &mut events, &token) => {}
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

async fn token(tunnel: &Tunnel, catalog: &Catalog) -> Option<SecretString> {
    match &tunnel.token {
        Some(token) => Some(token.clone()),
        None => cloudflare::tunnel_token(catalog).await.unwrap_or_default(),
    }
}

async fn run_once(
    (tunnel, leash): (&Tunnel, &Leash),
    token: &SecretString,
    (catalog, restarts): (&Arc<Catalog>, u32),
    events: &mut Receiver<LiveEvent>,
    stop: &CancellationToken,
) -> Ended {
    let mut child = match start(leash, tunnel, token).await {
        Ok(child) => child,
        Err(error) => return Ended::ByItself(format!("cloudflared cannot be started ({error})")),
    };
    let (last, heard) = listen(&mut child);
    report(catalog, true, "cloudflared runs".to_owned(), restarts);
    tokio::select! {
        ended = child.wait() => {
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            // Its last words may still be on their way.
            let _silent = tokio::time::timeout(LAST_WORDS, heard).await;
            let said = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let why = if said.is_empty() { said } else { format!(": {said}") };
            Ended::ByItself(format!("cloudflared ended ({status}){why}"))
        }
        () = stop.cancelled() => {
            end(&mut child).await;
            Ended::Stopped
        }
        () = new_token(tunnel, catalog, events, token) => {
            end(&mut child).await;
            Ended::NewToken
        }
    }
}

async fn start(leash: &Leash, tunnel: &Tunnel, token: &SecretString) -> std::io::Result<Child> {
    let mut command = Leash::command(&tunnel.program, &["tunnel", "--no-autoupdate", "run"]);
    for kept in ["PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_COLOR"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    // Not an argument: those show in the list of processes.
    command.env("TUNNEL_TOKEN", token.expose_secret());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    leash.start(command).await
}

/// Reads what it says, so that it never waits for us; the last line is kept.
fn listen(child: &mut Child) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let last = Arc::new(Mutex::new(String::new()));
    let (stderr, kept) = (child.stderr.take(), Arc::clone(&last));
    let heard = tokio::spawn(async move {
        if let Some(stderr) = stderr {
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            // Ends with the process, which closes its end.
            while let Ok(1..) = (&mut reader).take(LINE_MAX).read_until(b'\n', &mut line).await {
                let text = String::from_utf8_lossy(&line);
                let plain: String = text.trim().chars().filter(|c| !c.is_control()).take(SAID_MAX).collect();
                tracing::debug!(cloudflared.said = %plain, "cloudflared");
                if !plain.is_empty() {
                    *kept.lock().unwrap_or_else(PoisonError::into_inner) = plain;
                }
                line.clear();
            }
        }
    });
    (last, heard)
}

/// Asks it to end, then makes it.
async fn end(child: &mut Child) {
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        // It may have ended by itself just now.
        let _ = kill_process(pid, Signal::TERM);
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// Until the token is another one, or gone.
async fn new_token(tunnel: &Tunnel, catalog: &Catalog, events: &mut Receiver<LiveEvent>, before: &SecretString) {
    loop {
        changed(events).await;
        let now = token(tunnel, catalog).await;
        if now.as_ref().map(|now| now.expose_secret()) != Some(before.expose_secret()) {
            return;
        }
    }
}

/// Until the connection over Cloudflare changes; its status, which we report ourselves, is such a change too.
async fn changed(events: &mut Receiver<LiveEvent>) {
    loop {
        match events.recv().await {
            Ok(LiveEvent::CloudflareChanged) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            // The catalog is gone, and with it this task soon.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

fn report(catalog: &Catalog, is_running: bool, message: String, restarts: u32) {
    cloudflare::report_tunnel(catalog, TunnelStatus { is_running, message, restarts });
}
