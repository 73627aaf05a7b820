//! What the corpus must show.

use crate::corpus;

#[test]
fn the_corpus_is_large_and_every_bad_file_says_what_must_be_found() {
    let (benign, malicious) = (corpus::folder("benign"), corpus::folder("malicious"));
    assert!(benign.len() >= 60 && malicious.len() >= 60, "{} and {}", benign.len(), malicious.len());
    for case in benign.iter().chain(&malicious) {
        let finds = case.finds.len() + case.finds_around.len() + usize::from(case.is_unseen);
        assert_eq!(finds > 0, case.path.starts_with("malicious/"), "{}", case.path);
        assert!(case.what.ends_with('.') && case.what.len() > 15, "{} does not say what it is", case.path);
    }
}

#[test]
fn every_attack_of_the_corpus_is_found_on_its_line() {
    let all = corpus::all();
    let mut missed = Vec::new();
    for case in all.values() {
        let (_, assessment) = corpus::judge(case, &all);
        let has = |rule: &str, line: Option<u32>| {
            assessment.findings.iter().any(|found| found.rule == rule && line.is_none_or(|line| found.line == line))
        };
        let lines = case.finds.iter().map(|(rule, line)| (rule, Some(*line)));
        for (rule, line) in lines.chain(case.finds_around.iter().map(|rule| (rule, None))) {
            if !has(rule, line) {
                let found: Vec<_> = assessment.findings.iter().map(|found| (found.rule, found.line)).collect();
                missed.push(format!("{}: {rule} {line:?} of {found:?}", case.path));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_finding_says_what_it_is_and_what_to_do() {
    let all = corpus::all();
    for case in all.values() {
        for found in corpus::judge(case, &all).1.findings {
            assert!(!found.message.is_empty() && !found.message.contains('\n'), "{}: {found:?}", case.path);
            assert!(found.hint.as_deref().is_some_and(|hint| hint.len() >= 8), "{}: {found:?}", case.path);
            assert!(!found.about.is_code() || (found.line > 0 && found.column > 0), "{}: {found:?}", case.path);
        }
    }
}
