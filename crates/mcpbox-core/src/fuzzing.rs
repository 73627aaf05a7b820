//! Content and bundles as anybody might make them. Built only for tests and for the fuzz target `bundle`.

use serde::Deserialize;

use crate::{
    capability::{Capabilities, HostRule},
    hash::ContentHash,
    name::{SecretKey, ServerName, ToolName},
    review::{ReviewPurpose, bundle_hash},
    version::Content,
};

#[derive(Deserialize)]
struct Input {
    content: Content,
    requested: Capabilities,
    lock: Option<ContentHash>,
}

/// Reads a bundle, and every word of the input as the names and rules that people type.
///
/// # Panics
/// A hash or a rule is not the same after it was written and read, or two different bundles have one hash.
pub fn bundle(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for word in text.split_whitespace().take(100) {
        names(word);
    }
    let Ok(Input { content, requested, lock }) = serde_json::from_str(text) else { return };
    let hash = content.hash();
    let again: Option<Content> = serde_json::to_string(&content).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert_eq!(again.map(|content| content.hash()), Some(hash.clone()), "the hash changes on the way");
    let of = |purpose, requested: &Capabilities| bundle_hash(purpose, &hash, requested, lock.as_ref());
    let asked = of(ReviewPurpose::Publish, &requested);
    assert_eq!(asked, of(ReviewPurpose::Publish, &requested.clone()));
    assert_ne!(asked, of(ReviewPurpose::Grant, &requested), "the purpose is part of it");
    let fewer: Capabilities = requested.iter().skip(1).cloned().collect();
    assert!(requested.is_empty() || asked != of(ReviewPurpose::Publish, &fewer), "what is asked for is part of it");
    let other = Content { code: format!("{} ", content.code), ..content };
    assert_ne!(hash, other.hash(), "the code is part of it");
}

fn names(word: &str) {
    if let Ok(rule) = HostRule::parse(word) {
        let shown = rule.to_string();
        let is_same = HostRule::parse(&shown).is_ok_and(|again| again.host == rule.host && again.port == rule.port);
        assert!(is_same, "{word} is shown as {shown}, which is another rule");
    }
    for parsed in [
        ServerName::parse(word).map(|name| name.to_string()).ok(),
        ToolName::parse(word).map(|name| name.to_string()).ok(),
        SecretKey::parse(word).map(|name| name.to_string()).ok(),
    ] {
        assert!(parsed.is_none_or(|name| name == word), "a name is taken as it is or not at all");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/bundle");
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().collect();
        assert!(!files.is_empty());
        for file in files {
            super::bundle(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
