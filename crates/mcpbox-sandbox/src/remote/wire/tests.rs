//! What travels between server and worker arrives as it left.

use mcpbox_core::{
    execute::Environment,
    failure::{Failure, FailureKind},
    hash::ContentHash,
    server::CodePolicy,
};
use serde_json::json;

use super::*;

fn execution() -> Execution {
    let program = Program {
        source: "def main(): pass".into(),
        content_hash: ContentHash::of(&json!(1)),
        policy: CodePolicy::Strict,
        modules: ["json".to_owned()].into(),
        environment: Environment::Locked(LockedEnvironment { lock: ContentHash("abc".into()), network: true }),
        imports: ["json".to_owned()].into(),
        uses_http: true,
    };
    Execution {
        call_id: CallId::generate(),
        program: Arc::new(program),
        entry: Entry::Prompt("ask".into()),
        arguments: json!({"n": 1.5e300}).as_object().unwrap().clone(),
        hosts: Arc::new([HostRule::parse("api.example.org:8443").unwrap()]),
        secrets: vec![UnsealedSecret {
            key: SecretKey::parse("API_KEY").unwrap(),
            value: "v4lue".into(),
            mode: SecretMode::Revealed,
            hosts: vec![],
        }],
        http_mocks: Some(vec![serde_json::from_value(json!({"url": "https://a/*", "body": [1]})).unwrap()]),
        limits: Limits { timeout_ms: 1234, ..Limits::default() },
    }
}

#[test]
fn an_execution_arrives_as_it_left() {
    let (sent, twin) = (execution(), execution());
    let call_id = sent.call_id;
    let (got, tools) = Asked::decode(&Asked::encode(sent, true).unwrap()).unwrap();
    assert!(tools);
    assert_eq!((got.call_id, &*got.program, &got.arguments), (call_id, &*twin.program, &twin.arguments));
    assert_eq!(got.entry, twin.entry);
    assert_eq!((&got.hosts, &got.http_mocks, got.limits), (&twin.hosts, &twin.http_mocks, twin.limits));
    let [secret] = &got.secrets[..] else { panic!("one secret") };
    assert_eq!(
        (secret.key.as_str(), secret.value.expose_secret(), secret.mode),
        ("API_KEY", "v4lue", SecretMode::Revealed)
    );
}

#[test]
fn an_unknown_field_is_refused_because_it_may_forbid_something() {
    for place in ["", "/program", "/secrets/0", "/limits"] {
        let mut value: Value = serde_json::from_slice(&Asked::encode(execution(), false).unwrap()).unwrap();
        let object = value.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("only_on_mondays".into(), json!(true));
        let Err(error) = Asked::decode(value.to_string().as_bytes()) else { panic!("{place} was taken") };
        assert!(error.to_string().contains("only_on_mondays"), "{error}");
    }
}

#[test]
fn the_deepest_result_of_a_jail_survives_the_way() {
    let deep: Value = serde_json::from_str(&format!("{}{}", "[".repeat(126), "]".repeat(126))).unwrap();
    let outcomes = [
        Ok(ToolOutput { value: deep, content: vec![json!({"type": "text", "text": "a\nb"})] }),
        Err(Failure::new(FailureKind::Cpu, "why").hint("do")),
    ];
    for result in outcomes {
        let observed = Observed { cpu_us: 7, ..Observed::default() };
        let outcome = Outcome { result: result.clone(), stdout: "x\ny".into(), observed: observed.clone() };
        let line = Told::ended(outcome).unwrap().line().unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let Told::Ended(ended) = serde_json::from_slice(&line).unwrap() else { panic!("the last line") };
        let got = ended.outcome().unwrap();
        assert_eq!((got.result, got.stdout.as_str(), got.observed), (result, "x\ny", observed));
    }
}
