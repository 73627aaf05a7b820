//! Python as anybody might write it. Built only for tests and for the fuzz target `python`.

use mcpbox_core::server::CodePolicy;

use crate::analyze;

/// Analyses a source under both policies.
///
/// # Panics
/// Two looks at the same source differ, or what is found is not in it.
pub fn python(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    // A carriage return alone ends a line as well.
    let lines = source.split(['\n', '\r']).count();
    for policy in [CodePolicy::Strict, CodePolicy::Standard] {
        let analysis = analyze(source, policy);
        assert_eq!(format!("{analysis:?}"), format!("{:?}", analyze(source, policy)), "two looks differ");
        let beyond = analysis.findings.iter().find(|finding| finding.line as usize > lines + 1);
        assert!(beyond.is_none(), "{beyond:?} is not in {lines} lines");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/python");
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().collect();
        assert!(!files.is_empty());
        for file in files {
            super::python(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
