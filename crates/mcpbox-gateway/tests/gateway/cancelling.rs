//! A call that nobody waits for any more is stopped: its process dies with it.

use serde_json::json;

use crate::support::{
    TestBox,
    client::{LEGACY, Raw, answer},
    double::{ADD, HANG},
    soon,
};

#[tokio::test]
async fn hanging_up_stops_the_run_in_both_eras() {
    let it = TestBox::start().await;
    it.publish("slow", "hang", HANG).await;
    for (turn, client) in (1..).zip([Raw::legacy(&it.url).await, Raw::modern(&it.url)]) {
        for params in [json!({"name": "slow__hang"}), json!({"name": "slow__hang", "_meta": {"progressToken": 1}})] {
            let before = it.double.dropped.load(std::sync::atomic::Ordering::SeqCst);
            let waiting = tokio::spawn({
                let client = client.clone();
                async move { client.send("tools/call", params).await }
            });
            it.double.until(&it.double.started, before + 1).await;
            waiting.abort();
            it.double.until(&it.double.dropped, before + 1).await;
        }
        assert_eq!(it.double.dropped.load(std::sync::atomic::Ordering::SeqCst), turn * 2);
    }
}

#[tokio::test]
async fn the_older_era_cancels_by_telling() {
    let it = TestBox::start().await;
    it.publish("slow", "hang", HANG).await;
    let client = Raw::legacy(&it.url).await;
    let waiting = tokio::spawn({
        let client = client.clone();
        async move {
            let call =
                json!({"jsonrpc": "2.0", "id": "call-9", "method": "tools/call", "params": {"name": "slow__hang"}});
            client.post(&call, &[]).await.text().await.unwrap()
        }
    });
    it.double.until(&it.double.started, 1).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "call-9", "reason": "enough"}});
    client.post(&cancel, &[]).await;
    it.double.until(&it.double.dropped, 1).await;
    assert_eq!(soon(waiting).await.unwrap(), "", "no answer to a cancelled request, and the stream ends");
}

#[tokio::test]
async fn a_cancelled_call_stands_in_the_log_and_others_are_not_touched() {
    let it = TestBox::start().await;
    it.publish("slow", "hang", HANG).await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.send("tools/call", json!({"name": "slow__hang"})).await }
    });
    it.double.until(&it.double.started, 1).await;
    let others = futures::future::join_all((0..20).map(|number| {
        let client = client.clone();
        async move { client.call("add", json!({"a": number, "b": 1})).await["structuredContent"].clone() }
    }));
    for (number, sum) in soon(others).await.into_iter().enumerate() {
        assert_eq!(sum, json!({"result": number + 1}));
    }
    waiting.abort();
    it.double.until(&it.double.dropped, 1).await;
    let logged = soon(async {
        loop {
            let logs = client.manage("mcpbox_get_tool_logs", json!({"tool_id": "slow__hang"})).await;
            if let Some(kind) = logs["runs"].get(0).and_then(|run| run["failure"]["kind"].as_str()) {
                break kind.to_owned();
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(logged.await, "cancelled");
}

#[tokio::test]
async fn a_session_that_is_deleted_is_gone() {
    let it = TestBox::start().await;
    let client = Raw::legacy(&it.url).await;
    let delete = client
        .http
        .delete(&it.url)
        .header("mcp-session-id", client.session.as_deref().unwrap())
        .header("mcp-protocol-version", LEGACY);
    assert_eq!(delete.send().await.unwrap().status(), 204);
    let refused = answer(client.send("tools/list", json!({})).await).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("not found"), "{refused}");
}
