//! The command line's door.

use std::{
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream, process::CommandExt},
    path::Path,
};

use mcpbox_admin::{AdminConfig, RateLimit};
use serde_json::json;

use crate::support::{Fixture, PASSWORD, USER, unlimited};

#[tokio::test]
async fn the_same_user_reads_and_calls_without_a_password() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    assert_eq!(fixture.cli().post("/api/servers", json!({"name": "weather"})).await.status, 201);
    assert_eq!(fixture.cli().get("/api/servers").await.json()["total"], 1);
    let refused = fixture.cli().patch("/api/servers/weather", json!({"code_policy": "standard"})).await;
    refused.assert_problem(401, "unauthenticated");
    let with_password = fixture.cli().password(USER, PASSWORD);
    assert_eq!(
        with_password.patch("/api/servers/weather", json!({"code_policy": "standard"})).await.json()["code_policy"],
        "standard"
    );
}

#[tokio::test]
async fn a_session_of_the_network_does_not_count_on_the_socket() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let login = fixture.browser().post("/api/session", json!({"username": USER, "password": PASSWORD})).await;
    let stolen = fixture.cli().with("cookie", &login.cookie());
    stolen.put("/api/settings", json!({})).await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn wrong_passwords_are_counted_and_right_ones_are_not() {
    let fixture = Fixture::start_with(AdminConfig { rate_limit: RateLimit::default(), ..unlimited() }).await;
    fixture.cli().post("/api/setup", json!({"username": USER, "password": PASSWORD})).await;
    for _ in 0..8 {
        assert_eq!(fixture.cli().password(USER, PASSWORD).put("/api/settings", json!({})).await.status, 200);
    }
    let mut refused = 0;
    for _ in 0..8 {
        refused =
            fixture.cli().password(USER, "wrong horse battery").put("/api/settings", json!({})).await.status.as_u16();
    }
    assert_eq!(refused, 429);
    fixture.cli().password(USER, PASSWORD).put("/api/settings", json!({})).await.assert_problem(429, "rate_limited");
    assert_eq!(fixture.cli().get("/api/servers").await.status, 200, "reading goes on");
}

const SOCKET_VARIABLE: &str = "MCPBOX_TEST_SOCKET";

/// The other end of the test below, run by it in a process of another user.
#[test]
fn ask_the_socket_of_the_environment() {
    let Some(socket) = std::env::var_os(SOCKET_VARIABLE) else { return };
    let mut stream = UnixStream::connect(Path::new(&socket)).unwrap();
    let _ = stream.write_all(b"GET /api/servers HTTP/1.1\r\nhost: mcpbox\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.is_empty(), "another user was served: {answer}");
    assert_ne!(rustix::process::geteuid().as_raw(), 0, "this must run as another user");
}

/// Needs root to become another user; without it only file modes (tested where the socket is made) keep others out.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a process of another user can only be had by starting one")]
async fn another_users_process_is_refused_whatever_the_file_mode() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let fixture = Fixture::start().await;
    fixture.admin().await;
    for (path, mode) in [(fixture.socket.parent().unwrap(), 0o755), (fixture.socket.as_path(), 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    // A copy beside the socket: the build directory may be closed to other users.
    let program = fixture.socket.with_file_name("other-user");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut asking = std::process::Command::new(&program);
    asking
        .args(["--exact", "socket::ask_the_socket_of_the_environment"])
        .env(SOCKET_VARIABLE, &fixture.socket)
        .uid(65534)
        .gid(65534);
    let asked = tokio::task::spawn_blocking(move || asking.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&asked.stderr));
}
