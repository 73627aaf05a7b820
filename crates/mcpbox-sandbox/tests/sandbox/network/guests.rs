//! Other people's programs that were granted hosts: real Python with `urllib`, through the proxy of its jail to these and nowhere else.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use mcpbox_core::{
    capability::HostRule,
    execute::{HostAttempt, HostOutcome},
    program::{ProgramHost, ProgramStart, ProgramValue},
};
use mcpbox_egress::{Admission, Broker, BrokerConfig, NameResolution, ProxyGate, SessionGrants};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    LAN, Names, PUBLIC, in_namespace, install_base, sandbox_here,
    server::{serve, serve_tls, whole},
};
use crate::guests::{attempts, hostile, start, told, writable};

/// Serves the proxy of a program as the client of sources does.
struct Serving<'a> {
    host: &'a dyn ProgramHost,
    gate: Arc<ProxyGate>,
    admission: Admission,
    refused: Arc<Mutex<Vec<HostAttempt>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl<'a> Serving<'a> {
    fn new(host: &'a dyn ProgramHost, hosts: &[&str]) -> Self {
        let names = NameResolution::Custom(Arc::new(Names));
        let broker = Broker::new(BrokerConfig { names, ..BrokerConfig::default() }).unwrap();
        let hosts = hosts.iter().map(|host| HostRule::parse(host).unwrap()).collect();
        let refused = Arc::<Mutex<Vec<HostAttempt>>>::default();
        let heard = Arc::clone(&refused);
        let session = broker.session(SessionGrants { hosts, ..SessionGrants::default() });
        let session = session.of_program(move |attempt| heard.lock().unwrap().push(attempt));
        let gate = Arc::<ProxyGate>::default();
        let admission = gate.admit(Arc::new(session));
        Self { host, gate, admission, refused, tasks: Mutex::default() }
    }

    async fn said(&self, start: ProgramStart) -> String {
        let credentials = Some(self.admission.credentials().into());
        let mut running = self.host.start(ProgramStart { credentials, ..start }).await.unwrap();
        let listener = std::net::TcpListener::from(running.proxy.take().expect("a proxy"));
        listener.set_nonblocking(true).unwrap();
        let serving = Arc::clone(&self.gate).serve(TcpListener::from_std(listener).unwrap());
        self.tasks.lock().unwrap().spawn(serving);
        let (output, errors) = told(running, "").await;
        format!("{output}{errors}")
    }
}

fn granted(start: ProgramStart, hosts: &[&str]) -> ProgramStart {
    let mut start = start;
    start.rule.hosts = hosts.iter().map(|host| HostRule::parse(host).unwrap()).collect();
    start
}

#[test]
fn a_program_reaches_the_hosts_that_it_was_granted() {
    install_base();
    in_namespace("network::guests::a_program_reaches_the_hosts_that_it_was_granted", || async {
        let _plain = serve(PUBLIC, 80, |_| async { whole("plain") }).await;
        let (_tls, authority) = serve_tls(PUBLIC, &["api.test"], |_| async { whole("secure") }).await;
        let nas = serve(LAN, 0, |_| async { whole("nas") }).await;
        let (_trust, trust) = writable();
        std::fs::write(trust.join("authority.pem"), authority).unwrap();
        let nas = format!("nas.test:{}", nas.port);
        let code = format!(
            "import urllib.request\nfor url in ('http://api.test/', 'https://api.test/', 'http://{nas}/'):\n    \
             print(urllib.request.urlopen(url, timeout=10).read().decode(), flush=True)"
        );
        let sandbox = sandbox_here(|config| config).await;
        let hosts = ["api.test", nas.as_str()];
        let serving = Serving::new(&*sandbox, &hosts);
        let asked = start(&code, |rule| {
            rule.read = vec![trust.display().to_string()];
            let file = ProgramValue::Value(trust.join("authority.pem").display().to_string());
            rule.env = BTreeMap::from([("SSL_CERT_FILE".into(), file)]);
        });
        assert_eq!(serving.said(granted(asked, &hosts)).await, "plain\nsecure\nnas\n");
        assert_eq!(*serving.refused.lock().unwrap(), []);
    });
}

/// What a program with a way out tries besides; `LAN` and `PORT` are a server that it was not granted.
const PAST: [&str; 20] = [
    "import socket; socket.create_connection(('LAN', PORT), 2)",
    "import socket; socket.create_connection(('93.184.216.34', 80), 2)",
    "import socket; socket.create_connection(('api.test', 80), 2)",
    "import socket; socket.create_connection(('169.254.169.254', 80), 2)",
    "import socket; socket.create_connection(('127.0.0.1', 80), 2)",
    "import socket; socket.create_connection(('LAN', 3128), 2)",
    "import socket; socket.socket(socket.AF_INET6).connect(('::1', 3128))",
    "import socket; socket.socket().bind(('127.0.0.1', 0))",
    "import socket; socket.socket().listen()",
    "import socket; socket.socket().sendmsg([b'x'], [], socket.MSG_FASTOPEN, ('LAN', PORT))",
    "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "import socket; socket.socket(fileno=1).getsockname()",
    "import urllib.request as r; r.urlopen('http://evil.test/', timeout=5)",
    "import urllib.request as r; r.urlopen('https://evil.test/', timeout=5)",
    "import urllib.request as r; r.urlopen('http://169.254.169.254/latest/meta-data/', timeout=5)",
    "import urllib.request as r; r.urlopen('http://127.0.0.1:PORT/', timeout=5)",
    "import urllib.request as r; r.urlopen('http://home.test:PORT/', timeout=5)",
    "import urllib.request as r; r.urlopen('http://nas.test/', timeout=5)",
    "import urllib.request as r; r.build_opener(r.ProxyHandler({'http': 'http://127.0.0.1:3128'})).open('http://api.test/', timeout=5)",
];

#[test]
fn a_program_with_hosts_gets_through_nowhere_else() {
    install_base();
    in_namespace("network::guests::a_program_with_hosts_gets_through_nowhere_else", || async {
        let _plain = serve(PUBLIC, 80, |_| async { whole("plain") }).await;
        let machine = TcpListener::bind((LAN, 0)).await.unwrap();
        let port = machine.local_addr().unwrap().port().to_string();
        let (_folder, path) = writable();
        let mut lines = hostile(&path);
        lines.extend(PAST.map(|line| line.replace("LAN", LAN).replace("PORT", &port)));
        // Granted, and never reached all the same, or not without its port.
        let home = format!("home.test:{port}");
        let hosts = ["api.test", "169.254.169.254", &home, "nas.test"];
        let sandbox = sandbox_here(|config| config).await;
        let serving = Serving::new(&*sandbox, &hosts);
        let asked = start(&attempts(&lines), |rule| rule.write = vec![path.display().to_string()]);
        let output = serving.said(granted(asked, &hosts)).await;
        assert!(output.ends_with("tried\n") && !output.contains("GOT THROUGH"), "{output}");
        assert_eq!(output.lines().filter(|line| line.starts_with("no ")).count(), lines.len(), "{output}");
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), machine.accept()).await.is_err());

        let refused = serving.refused.lock().unwrap().clone();
        let places: Vec<&str> = refused.iter().map(|attempt| attempt.host.as_str()).collect();
        assert_eq!(places, ["evil.test", "evil.test", "169.254.169.254", "127.0.0.1", "home.test", "nas.test"]);
        assert!(refused.iter().all(|attempt| attempt.outcome == HostOutcome::Denied), "{refused:?}");
    });
}
