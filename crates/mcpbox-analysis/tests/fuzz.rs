//! Whatever the text, the analysis returns, within its promises.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod pieces;

use mcpbox_analysis::{Analysis, analyze};
use mcpbox_core::server::CodePolicy;
use pieces::PIECES;
use proptest::prelude::*;

const TOOLS: &[&str] = &[
    include_str!("tools/weather.py"),
    include_str!("tools/github_issues.py"),
    include_str!("tools/invoice.py"),
    include_str!("tools/signed_upload.py"),
    include_str!("tools/tree.py"),
    include_str!("tools/first_attempt.py"),
];

fn check(source: &str) -> Result<Analysis, TestCaseError> {
    let mut last = None;
    for policy in [CodePolicy::Strict, CodePolicy::Standard] {
        let analysis = analyze(source, policy);
        let lines = u32::try_from(source.split('\n').count() + source.matches('\r').count()).unwrap();
        prop_assert!(analysis.findings.iter().all(|finding| finding.rule != "internal"), "broke down");
        prop_assert!(analysis.findings.len() <= 200);
        prop_assert!(analysis.findings.is_sorted_by_key(|finding| (finding.severity, finding.line)));
        prop_assert!(
            analysis.findings.iter().all(|finding| (1..=lines).contains(&finding.line) && finding.column >= 1)
        );
        prop_assert!(analysis.findings.iter().all(|finding| finding.snippet.len() <= 200));
        for schema in std::iter::once(&analysis.input_schema).chain(&analysis.output_schema) {
            prop_assert_eq!(&schema["type"], "object");
            prop_assert!(jsonschema::draft202012::meta::is_valid(schema), "{}", schema);
            let text = schema.to_string();
            prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&text).unwrap(), schema);
        }
        prop_assert!(analysis.main.is_some() || !analysis.is_runnable());
        last = Some(analysis);
    }
    Ok(last.unwrap())
}

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..120).prop_map(|pieces| pieces.concat())
}

/// A tool with some of its bytes cut, repeated or replaced.
fn mutant() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::sample::select(PIECES)), 1..6);
    (prop::sample::select(TOOLS), edits).prop_map(|(tool, edits)| {
        let mut text = tool.to_owned();
        for (at, cut, piece) in edits {
            let start = text.floor_char_boundary(at.index(text.len()));
            let end = text.floor_char_boundary((start + cut).min(text.len()));
            text.replace_range(start..end, piece);
        }
        text
    })
}

/// Deep and wide repetition, with an odd piece at each end.
fn repetition() -> impl Strategy<Value = String> {
    let piece = || prop::sample::select(PIECES);
    (piece(), prop::collection::vec(piece(), 1..4), 1..3_000_usize, piece()).prop_map(|(start, unit, count, end)| {
        let unit = unit.concat();
        format!("{start}{}{end}", unit.repeat(count.min(60_000 / unit.len())))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_analysed(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_bytes_are_analysed(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_mix_of_python_is_analysed(text in pieces()) {
        check(&text)?;
    }

    #[test]
    fn any_change_of_a_tool_is_analysed(text in mutant()) {
        check(&text)?;
    }

    #[test]
    fn any_annotation_is_analysed(annotation in pieces()) {
        check(&format!("async def main(a: {annotation}, b: list[{annotation}] = None) -> {annotation}:\n    '''{annotation}'''\n"))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_repetition_is_analysed(text in repetition()) {
        check(&text)?;
    }
}
