//! Settings as anybody might write them. Built only for tests and for the fuzz target `settings`.

use super::{Config, Environment, Settings};

/// Reads variables (a line each, `NAME=VALUE`) up to a line `---`, and a settings file after it.
///
/// # Panics
/// A setting was taken that breaks a rule.
pub(crate) fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (variables, file) = text.split_once("---\n").unwrap_or(("", text));
    let lines = variables.lines().filter_map(|line| line.split_once('='));
    // Files that are named are read, and might not end.
    let lines = lines.filter(|(name, _)| !name.ends_with("_FILE"));
    let mut env: Environment = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    env.insert("MCPBOX_DATA_DIR".to_owned(), "/data".to_owned());
    if file.contains("_file") {
        return;
    }
    let Ok(settings) = Settings::from_texts(&env, file) else { return };
    let Ok(config) = Config::parse(&settings, &env) else { return };
    assert!(config.mcp_addr.ip().is_loopback(), "it asks for no login: {}", config.mcp_addr);
    assert!(
        !config.insecure_no_sandbox || env.contains_key("MCPBOX_INSECURE_NO_SANDBOX"),
        "a file weakened the sandbox"
    );
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/settings");
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().collect();
        assert!(!files.is_empty());
        for file in files {
            super::settings(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
