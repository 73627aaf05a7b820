//! The committed description of the API.

use mcpbox_admin::openapi;
use serde_json::Value;

use crate::support::Fixture;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_committed_document_is_the_one_this_code_serves() {
    let fresh = openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(COMMITTED, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == fresh,
        "openapi.json is not what the code says; write it anew: UPDATE=1 cargo test -p mcpbox-admin document"
    );
}

#[test]
fn every_operation_is_described_with_errors_and_credentials() {
    let document = serde_json::to_value(openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {path} has no summary"
            );
            assert!(operation["responses"]["default"].is_object(), "{method} {path} has no error");
            assert!(operation["security"].is_array(), "{method} {path} has no credentials");
            assert!(names.insert(operation["operationId"].to_string()), "{} stands twice", operation["operationId"]);
        }
    }
    let mut missing = Vec::new();
    check_references(&document, &document, &mut missing);
    assert!(missing.is_empty(), "references without a target: {missing:?}");
}

fn check_references(document: &Value, node: &Value, missing: &mut Vec<String>) {
    match node {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str);
            let lost = target.filter(|target| document.pointer(target.trim_start_matches('#')).is_none());
            missing.extend(lost.map(str::to_owned));
            map.values().for_each(|child| check_references(document, child, missing));
        }
        Value::Array(items) => items.iter().for_each(|child| check_references(document, child, missing)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let fixture = Fixture::start().await;
    let served = fixture.cli().get("/api/openapi.json").await.json();
    assert_eq!(served, serde_json::to_value(openapi()).unwrap());
}
