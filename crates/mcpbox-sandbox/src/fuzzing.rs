//! Bytes as a hostile child or a broken worker might send them. Built only for tests and for the fuzz target `frames`.

/// Reads the bytes as frames of a child, in pieces and at once; as a request to a worker; and as lines of a worker's answer.
///
/// # Panics
/// The pieces say something else than the whole, or a request is another one after it was written and read.
pub fn frames(data: &[u8]) {
    assert_eq!(crate::wire::read_in_pieces(data, 1), crate::wire::read_in_pieces(data, usize::MAX), "pieces differ");
    crate::remote::read_anything(data);
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/frames");
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().collect();
        assert!(!files.is_empty());
        for file in files {
            super::frames(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
