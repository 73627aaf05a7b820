//! The ratings of the corpus, and the page that shows them.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use mcpbox_core::review::Risk;

use crate::corpus;

const LEVELS: [Risk; 4] = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical];

fn ratings(folder: &str) -> Vec<(corpus::Case, Risk, Vec<String>)> {
    let all = corpus::all();
    let mut rated = Vec::new();
    for case in all.values().filter(|case| case.path.starts_with(folder)) {
        let (_, assessment) = corpus::judge(case, &all);
        let mut rules: Vec<String> = assessment
            .findings
            .iter()
            .filter(|found| found.severity <= mcpbox_analysis::Severity::Warning)
            .map(|found| found.rule.to_owned())
            .collect();
        rules.sort();
        rules.dedup();
        rated.push((case.clone(), assessment.risk, rules));
    }
    rated
}

#[test]
fn no_attack_is_rated_low_and_nine_of_ten_benign_tools_are_not_rated_high() {
    let low: Vec<_> = ratings("malicious/").into_iter().filter(|(_, risk, _)| *risk == Risk::Low).collect();
    assert!(low.is_empty(), "{low:#?}");
    let benign = ratings("benign/");
    let high: Vec<_> = benign
        .iter()
        .filter(|(_, risk, _)| *risk >= Risk::High)
        .map(|(case, risk, rules)| (&case.path, risk, rules))
        .collect();
    assert!(high.len() * 10 <= benign.len(), "{high:#?}");
}

#[test]
fn the_page_shows_the_ratings_of_the_corpus() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security/risk.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page, "docs/security/risk.md is stale: UPDATE=1 cargo test -p mcpbox-analysis --test risk page");
}

fn page() -> String {
    let mut page = include_str!("page.md").to_owned();
    let (benign, malicious) = (ratings("benign/"), ratings("malicious/"));
    page.push_str("\n## How the corpus is rated\n\n| | low | medium | high | critical | all |\n| --- | --: | --: | --: | --: | --: |\n");
    for (name, rated) in [("benign", &benign), ("malicious or sloppy", &malicious)] {
        write!(page, "| {name} |").unwrap();
        for level in LEVELS {
            write!(page, " {} |", rated.iter().filter(|(_, risk, _)| *risk == level).count()).unwrap();
        }
        writeln!(page, " {} |", rated.len()).unwrap();
    }
    page.push_str(
        "\n### Benign tools rated high or critical\n\n| tool | what it is | rated | for |\n| --- | --- | --- | --- |\n",
    );
    for (case, risk, rules) in benign.iter().filter(|(_, risk, _)| *risk >= Risk::High) {
        row(&mut page, case, *risk, rules);
    }
    page.push_str(
        "\n### Malicious or sloppy tools\n\n| tool | what it is | rated | for |\n| --- | --- | --- | --- |\n",
    );
    for (case, risk, rules) in &malicious {
        row(&mut page, case, *risk, rules);
    }
    let mut count: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    benign.iter().flat_map(|(_, _, rules)| rules).for_each(|rule| count.entry(rule).or_default().0 += 1);
    malicious.iter().flat_map(|(_, _, rules)| rules).for_each(|rule| count.entry(rule).or_default().1 += 1);
    page.push_str(
        "\n### How often each rule speaks\n\n| rule | in benign | in malicious or sloppy |\n| --- | --: | --: |\n",
    );
    for (rule, (benign, malicious)) in count {
        writeln!(page, "| `{rule}` | {benign} | {malicious} |").unwrap();
    }
    page
}

fn row(page: &mut String, case: &corpus::Case, risk: Risk, rules: &[String]) {
    let name = case.path.split('/').next_back().unwrap();
    let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
    let risk = serde_json::to_value(risk).unwrap();
    let rules = match (rules.is_empty(), case.is_unseen) {
        (_, true) => "what it asks for alone: **no rule sees it**".to_owned(),
        (true, false) => "what it asks for".to_owned(),
        (false, false) => rules.join(", "),
    };
    writeln!(page, "| {name} | {} | {} | {rules} |", case.what, risk.as_str().unwrap()).unwrap();
}
