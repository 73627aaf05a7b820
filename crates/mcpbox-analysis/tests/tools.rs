//! Whole analyses of tools as LLMs write them.
#![expect(clippy::panic, reason = "helpers of tests may panic")]

use mcpbox_analysis::analyze;
use mcpbox_core::server::CodePolicy;

fn check(name: &str, code: &str) {
    let analysis = analyze(code, CodePolicy::Strict);
    for schema in std::iter::once(&analysis.input_schema).chain(&analysis.output_schema) {
        jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(schema["type"], "object", "{name}");
    }
    insta::assert_json_snapshot!(name, analysis);
}

#[test]
fn tools_are_read_as_their_authors_meant_them() {
    check("weather", include_str!("tools/weather.py"));
    check("github_issues", include_str!("tools/github_issues.py"));
    check("invoice", include_str!("tools/invoice.py"));
    check("signed_upload", include_str!("tools/signed_upload.py"));
    check("tree", include_str!("tools/tree.py"));
    check("first_attempt", include_str!("tools/first_attempt.py"));
    check("unfinished", include_str!("tools/unfinished.py"));
}

#[test]
fn the_same_code_always_gives_the_same_analysis() {
    let code = include_str!("tools/invoice.py");
    let first = analyze(code, CodePolicy::Strict);
    assert!((0..20).all(|_| analyze(code, CodePolicy::Strict) == first));
}
