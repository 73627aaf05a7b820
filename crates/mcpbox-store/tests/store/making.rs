//! Makes domain values for the tests.

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    audit::AuditEntry,
    call::{CallRecord, Profile, Trial, TrialPurpose},
    capability::{Capabilities, Capability, HostRule},
    execute::{HostAttempt, HostOutcome, Observed},
    grant::{Grant, GrantScope, GrantState},
    ids::{CallId, GrantId, ReviewId, SecretId, ServerId, ToolId, VersionId},
    name::{SecretKey, ServerName, ToolName},
    principal::Actor,
    review::{Review, ReviewPurpose, ReviewState, Risk, bundle_hash},
    secret::{Secret, SecretMode},
    server::{CodePolicy, Limits, Server, ServerStatus},
    tool::{Tool, ToolKind},
    version::{Content, Version, VersionState},
};
use mcpbox_store::{Store, servers, tools, versions};
use serde_json::json;

/// A moment whose nanoseconds no database keeps.
pub(crate) fn moment() -> DateTime<Utc> {
    "2026-03-01T12:30:15.123456789Z".parse().unwrap()
}

/// `seconds` after [`moment`], as a database keeps it.
pub(crate) fn later(seconds: i64) -> DateTime<Utc> {
    stored(moment() + TimeDelta::seconds(seconds))
}

/// As a database keeps it.
pub(crate) fn stored(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap()
}

pub(crate) fn llm() -> Actor {
    Actor { kind: mcpbox_core::principal::ActorKind::Llm, name: "claude".into(), on_behalf_of: None }
}

pub(crate) fn server(name: &str) -> Server {
    Server {
        id: ServerId::generate(),
        name: ServerName::parse(name).unwrap(),
        description: "Wetter für 東京 ☂".into(),
        status: ServerStatus::Stopped,
        code_policy: CodePolicy::Strict,
        limits: Limits { memory_bytes: 4 << 30, ..Limits::default() },
        created_at: later(0),
        updated_at: later(0),
    }
}

pub(crate) fn tool(server: &Server, name: &str) -> Tool {
    Tool {
        id: ToolId::generate(),
        server_id: server.id,
        name: ToolName::parse(name).unwrap(),
        kind: ToolKind::Python,
        enabled: true,
        live_version: None,
        quarantine: None,
        created_at: later(0),
        updated_at: later(0),
    }
}

pub(crate) fn host(text: &str) -> Capability {
    Capability::Host(HostRule::parse(text).unwrap())
}

pub(crate) fn version(tool: &Tool, number: u32) -> Version {
    let content = Content {
        name: tool.name.clone(),
        description: "Adds two numbers.".into(),
        code: format!("def main(b: int, a: int) -> int:\n    return a + b  # {number} – «ok»\n"),
        input_schema: json!({"type": "object", "properties": {"b": {"type": "integer"}, "a": {"type": "integer"}}}),
        output_schema: Some(json!({"type": "object", "properties": {"z": {}, "y": {}}})),
        capabilities: Capabilities::from([Capability::Module { name: "math".into() }, host("api.example.com:8443")]),
    };
    Version {
        id: VersionId::generate(),
        tool_id: tool.id,
        number,
        content_hash: content.hash(),
        content,
        state: VersionState::Draft,
        restored_from: (number > 1).then_some(number - 1),
        created_by: llm(),
        created_at: later(i64::from(number)),
        decision: None,
    }
}

pub(crate) fn grant(scope: GrantScope, capability: Capability) -> Grant {
    Grant {
        id: GrantId::generate(),
        capability,
        scope,
        state: GrantState::Pending,
        justification: "the forecast is there".into(),
        requested_by: llm(),
        created_at: later(0),
        decided_by: None,
        decided_at: None,
        comment: String::new(),
        expires_at: None,
        review_id: None,
    }
}

pub(crate) fn review(version: &Version) -> Review {
    let requested = Capabilities::from([host("api.example.com:8443")]);
    Review {
        id: ReviewId::generate(),
        tool_id: version.tool_id,
        version_id: version.id,
        purpose: ReviewPurpose::Publish,
        content_hash: bundle_hash(ReviewPurpose::Publish, &version.content_hash, &requested, None),
        requested,
        state: ReviewState::Open,
        risk: Risk::High,
        notes: "first try".into(),
        requested_by: llm(),
        created_at: later(0),
        decided_by: None,
        decided_at: None,
        comment: String::new(),
        refused: Vec::new(),
        replaces: None,
        revoked: None,
    }
}

pub(crate) fn secret(server: &Server, key: &str) -> Secret {
    Secret {
        id: SecretId::generate(),
        server_id: server.id,
        key: SecretKey::parse(key).unwrap(),
        description: "for the forecast".into(),
        hosts: vec![HostRule::parse("api.example.com").unwrap()],
        mode: SecretMode::Sealed,
        has_value: false,
        created_at: later(0),
        updated_at: later(0),
        value_set_at: None,
        last_used_at: None,
    }
}

pub(crate) fn call(server: &Server, tool: &Tool, version: &Version) -> CallRecord {
    CallRecord {
        id: CallId::generate(),
        server_id: server.id,
        server_name: server.name.as_str().to_owned(),
        tool_id: tool.id,
        tool_name: tool.name.as_str().to_owned(),
        version_id: version.id,
        profile: Profile::Live,
        actor: llm(),
        arguments: json!({"b": 2, "a": 1.5}),
        result: json!({"zebra": [1, null, "\u{0} and 🦓"], "ant": 1e300}),
        stdout: "hello\n".into(),
        logs: vec!["at \u{0} half".into()],
        trial: None,
        failure: None,
        observed: Observed {
            hosts: vec![HostAttempt {
                host: "api.example.com".into(),
                port: 443,
                method: "GET".into(),
                outcome: HostOutcome::Reached,
                detail: "200".into(),
                needs: None,
            }],
            duration_us: 1_234,
            peak_memory_bytes: u64::MAX,
            ..Observed::default()
        },
        started_at: later(0),
        parent_id: None,
    }
}

/// A test run that can be repeated.
pub(crate) fn test(server: &Server, tool: &Tool, version: &Version) -> CallRecord {
    let trial = Trial {
        purpose: TrialPurpose::Author,
        content_hash: version.content_hash.clone(),
        mocked: true,
        http_mocks: Some(Vec::new()),
        answers: None,
        repeatable: true,
        is_example: false,
        repeats: None,
    };
    CallRecord { profile: Profile::Quarantine, trial: Some(trial), ..call(server, tool, version) }
}

pub(crate) fn entry(subject: &str) -> AuditEntry {
    AuditEntry { actor: llm(), action: "tool.create", subject: subject.into(), detail: json!({"z": 1, "a": ["\u{0}"]}) }
}

/// A server with one tool with one version, written.
pub(crate) async fn written(store: &Store, name: &str) -> (Server, Tool, Version) {
    let server = server(name);
    let tool = tool(&server, "add");
    let version = version(&tool, 1);
    let tx = store.begin().await.unwrap();
    servers::insert(&tx, &server).await.unwrap();
    tools::insert(&tx, &tool).await.unwrap();
    versions::insert(&tx, &version).await.unwrap();
    tx.commit().await.unwrap();
    (server, tool, version)
}
