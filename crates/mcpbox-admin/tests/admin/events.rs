//! Live events.

use std::time::Duration;

use futures::StreamExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;

use crate::support::{Client, Fixture, PASSWORD, USER};

/// Reads a stream until `wanted` shows or it ends; gives what came.
async fn read_until(body: &mut (impl StreamExt<Item = String> + Unpin), wanted: &str) -> String {
    let mut seen = String::new();
    let reading = async {
        while let Some(part) = body.next().await {
            seen.push_str(&part);
            if !wanted.is_empty() && seen.contains(wanted) {
                break;
            }
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(20), reading).await.is_ok(),
        "neither '{wanted}' nor an end came: {seen}"
    );
    seen
}

async fn follow(client: &Client) -> impl StreamExt<Item = String> + Unpin + use<> {
    let response = client.open("GET", "/api/events", None).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let body: Incoming = response.into_body();
    let mut parts =
        Box::pin(body.into_data_stream().map(|part| String::from_utf8_lossy(&part.unwrap_or_default()).into_owned()));
    read_until(&mut parts, "connected").await;
    parts
}

#[tokio::test]
async fn a_change_reaches_every_listener() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (mut page, mut cli) = (follow(&admin).await, follow(&fixture.cli()).await);
    let server = admin.post("/api/servers", json!({"name": "weather"})).await.json();
    for stream in [&mut page, &mut cli] {
        let seen = read_until(stream, "server_changed").await;
        let data = seen.lines().find_map(|line| line.strip_prefix("data:")).unwrap();
        let event: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(event["server_id"], server["id"]);
    }
}

#[tokio::test]
async fn a_session_ended_from_elsewhere_loses_its_stream_and_the_others_hear_of_it() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let mut ended = follow(&admin).await;
    let mut cli = follow(&fixture.cli()).await;
    let password = fixture.cli().password(USER, PASSWORD);
    assert_eq!(password.post("/api/sessions/end-others", json!({})).await.json(), json!({"ended": 1}));
    read_until(&mut ended, "").await;
    read_until(&mut cli, "sessions_changed").await;
}

#[tokio::test]
async fn streams_end_at_logout_and_at_shutdown() {
    let mut fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let mut mine = follow(&admin).await;
    let mut other = follow(&fixture.cli()).await;
    assert_eq!(admin.delete("/api/session").await.status, 204);
    read_until(&mut mine, "").await;

    fixture.shutdown.cancel();
    read_until(&mut other, "").await;
    let closing = async { while fixture.doors.join_next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), closing).await.expect("the doors close within 5 s");
}
