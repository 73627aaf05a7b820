//! The forms against what each service documents.

use secrecy::SecretString;

use super::*;
use crate::notify::message::{About, Alerts};
use mcpbox_core::ids::MessageId;

fn message(waiting: Option<(usize, Risk)>, approved: usize) -> Message {
    let id = MessageId("0192f0c1-2d3e-7a4b-8c5d-6e7f80912a3b".parse().unwrap());
    let (link, at) = ("https://box.test/approvals".to_owned(), "2026-03-01T10:00:00Z".parse().unwrap());
    Message { id, about: About::News { waiting, approved, alerts: Alerts::default() }, link, at }
}

fn sent(kind: TargetKind, url: &str, key: Option<&str>, message: &Message) -> (FetchRequest, Value) {
    let endpoint = Endpoint { url: SecretString::from(url), key: key.map(SecretString::from) };
    let request = request(kind, &endpoint, message, "2026-03-01T10:00:12Z".parse().unwrap()).unwrap();
    assert_eq!(request.method, "POST");
    assert!(!request.follow_redirects);
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    let body = serde_json::from_slice(&request.body).unwrap();
    (request, body)
}

fn header<'a>(request: &'a FetchRequest, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn a_webhook_gets_type_time_and_data_signed_as_standard_webhooks_say() {
    let (request, body) =
        sent(TargetKind::Webhook, "https://a.test/x", Some(SECRET), &message(Some((3, Risk::High)), 0));
    let expected = json!({"type": "review.waiting", "timestamp": "2026-03-01T10:00:00.000Z",
                          "data": {"waiting": 3, "highest_risk": "high", "approved_by_rules": 0, "alerts": [], "url": "https://box.test/approvals"}});
    assert_eq!(body, expected);
    assert_eq!(header(&request, "webhook-id"), Some("msg_0192f0c12d3e7a4b8c5d6e7f80912a3b"));
    assert_eq!(header(&request, "webhook-timestamp"), Some("1772359212"));
    let signed = header(&request, "webhook-signature").unwrap().strip_prefix("v1,").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(&SECRET[6..]).unwrap()).unwrap();
    mac.update(b"msg_0192f0c12d3e7a4b8c5d6e7f80912a3b.1772359212.");
    mac.update(&request.body);
    mac.verify_slice(&BASE64_STANDARD.decode(signed).unwrap()).unwrap();

    let (unsigned, body) = sent(TargetKind::Webhook, "https://a.test/x", None, &message(None, 2));
    assert_eq!(header(&unsigned, "webhook-signature"), None);
    assert_eq!((&body["type"], &body["data"]["highest_risk"]), (&json!("rule.approved"), &Value::Null));
}

/// The example of the specification: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
#[test]
fn a_signature_is_the_one_of_the_reference_libraries() {
    let key = signing_key(&SecretString::from(SECRET)).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
    assert_eq!(BASE64_STANDARD.encode(mac.finalize().into_bytes()), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn discord_gets_content_that_mentions_nobody_and_says_whether_it_kept_it() {
    let url = "https://discord.com/api/webhooks/1/tok";
    let (request, body) = sent(TargetKind::Discord, url, None, &message(Some((1, Risk::Critical)), 0));
    let content = "MCPbox: a tool waits for your decision (risk: critical).\nhttps://box.test/approvals";
    assert_eq!(body, json!({"content": content, "allowed_mentions": {"parse": []}, "flags": 4}));
    assert_eq!(request.url, format!("{url}?wait=true"));
    let (threaded, _) = sent(TargetKind::Discord, &format!("{url}?thread_id=7&wait=false"), None, &message(None, 1));
    assert_eq!(threaded.url, format!("{url}?thread_id=7&wait=false"));
    let long = Message { link: format!("https://box.test/{}", "x".repeat(3_000)), ..message(None, 1) };
    let (_, body) = sent(TargetKind::Discord, url, None, &long);
    assert_eq!(body["content"].as_str().unwrap().chars().count(), 2_000);
}

#[test]
fn slack_gets_text_in_which_the_three_characters_are_escaped() {
    let odd = Message { link: "https://box.test/?a=1&b=<!channel>".to_owned(), ..message(Some((2, Risk::Low)), 1) };
    let (_, body) = sent(TargetKind::Slack, "https://hooks.slack.com/services/T/B/x", None, &odd);
    let text = "MCPbox: 2 tools wait for your decision (highest risk: low). A rule of MCPbox approved an update of a tool; you can \
                take that back.\nhttps://box.test/?a=1&amp;b=&lt;!channel&gt;";
    assert_eq!(body, json!({"text": text}));
}

#[test]
fn ntfy_gets_json_at_its_root_with_priority_by_risk() {
    for (risk, priority) in [(Risk::Low, 3), (Risk::Medium, 3), (Risk::High, 4), (Risk::Critical, 5)] {
        let (request, body) =
            sent(TargetKind::Ntfy, "http://ntfy.test:8080/my-topic_1", Some("tk_abc"), &message(Some((2, risk)), 0));
        assert_eq!(request.url, "http://ntfy.test:8080/");
        assert_eq!(header(&request, "authorization"), Some("Bearer tk_abc"));
        let word = word(risk);
        let text = format!("MCPbox: 2 tools wait for your decision (highest risk: {word}).");
        let expected = json!({"topic": "my-topic_1", "title": "2 tools wait for you", "message": text, "priority": priority,
                              "tags": ["mcpbox", word], "click": "https://box.test/approvals"});
        assert_eq!(body, expected);
    }
    for wrong in
        ["https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a/b", "https://ntfy.sh/a%20b", "https://ntfy.sh/a?x=1"]
    {
        assert!(address_complaint(TargetKind::Ntfy, wrong).is_some(), "{wrong}");
    }
}

#[test]
fn keys_that_do_not_fit_are_told_with_what_to_do() {
    let complains = |kind, key: &str| complaint(kind, &SecretString::from(key)).is_some();
    let cases = [
        (TargetKind::Webhook, SECRET, false),
        (TargetKind::Webhook, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true),
        (TargetKind::Webhook, "whsec_c2hvcnQ=", true),
        (TargetKind::Webhook, "whsec_%%%", true),
        (TargetKind::Ntfy, "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2", false),
        (TargetKind::Ntfy, "two words", true),
        (TargetKind::Ntfy, "tk_a\r\nX-Evil: 1", true),
        (TargetKind::Discord, "x", true),
        (TargetKind::Slack, "x", true),
    ];
    for (kind, key, expected) in cases {
        assert_eq!(complains(kind, key), expected, "{kind:?} {key}");
    }
}
