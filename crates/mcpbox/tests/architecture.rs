//! The invariants of absence that ARCHITECTURE.md promises: who may not depend on whom, and what may not stand where.
//! Read from `cargo metadata` and the sources, so that a new crate or file is covered from its first day.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests; a panic is how a test fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde_json::Value;

/// Most lines a source file may have.
const FILE_LINES_MAX: usize = 500;
/// Makes databases for tests.
const TESTING: &str = "mcpbox-testing";
/// Most crates on a path from the binary to a leaf.
const CHAIN_MAX: usize = 5;

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(Workspace::read);

struct Workspace {
    root: PathBuf,
    /// Our crates: name → all packages it links, however far (no dev-dependencies of others).
    reach: BTreeMap<String, BTreeSet<String>>,
    /// Our crates: name → our crates it names, development excluded.
    internal: BTreeMap<String, BTreeSet<String>>,
    /// Our crates: name → every package it names, development included.
    named: BTreeMap<String, BTreeSet<String>>,
}

impl Workspace {
    fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "asks cargo about the workspace")]
        let output = std::process::Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        Self::of(&metadata)
    }

    fn of(metadata: &Value) -> Self {
        let list = |value: &Value| value.as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let packages = list(&metadata["packages"]);
        let names: BTreeMap<String, String> = packages.iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
        let ours: BTreeSet<String> =
            list(&metadata["workspace_members"]).iter().map(|id| names[id.as_str().unwrap()].clone()).collect();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let is_normal = |dep: &&Value| {
                dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].as_str() != Some("dev"))
            };
            let deps = node["deps"]
                .as_array()
                .unwrap()
                .iter()
                .filter(is_normal)
                .map(|dep| names[dep["pkg"].as_str().unwrap()].clone());
            edges.entry(names[node["id"].as_str().unwrap()].clone()).or_default().extend(deps);
        }
        let named = packages.iter().filter(|p| ours.contains(p["name"].as_str().unwrap()));
        let named = named
            .map(|p| (text(&p["name"]), list(&p["dependencies"]).iter().map(|d| text(&d["name"])).collect()))
            .collect();
        let reach = ours.iter().map(|name| (name.clone(), reachable(name, &edges))).collect();
        let internal =
            ours.iter().map(|name| (name.clone(), edges[name].intersection(&ours).cloned().collect())).collect();
        Self { root: PathBuf::from(text(&metadata["workspace_root"])), reach, internal, named }
    }

    fn sources(&self, folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        collect(&self.root.join(folder), ending, &mut found);
        assert!(!found.is_empty(), "no {ending} files in {folder}");
        found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
    }
}

fn reachable(from: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from.to_owned()];
    while let Some(name) = waiting.pop() {
        for next in edges.get(&name).into_iter().flatten() {
            if seen.insert(next.clone()) {
                waiting.push(next.clone());
            }
        }
    }
    seen
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    const SKIPPED: [&str; 5] = ["target", "node_modules", ".venv", "__pycache__", ".cache"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !SKIPPED.contains(&name.as_str()) {
            collect(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

/// Rust source without comments and texts, so that only code is searched.
fn code_only(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        rest = if rest.starts_with("//") {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if let Some(hashes) =
            raw_text(rest).filter(|_| !code.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &rest[hashes + 2..];
            body.find(&end).map_or("", |at| &body[at + end.len()..])
        } else if c == '"' {
            after_text(&rest[1..])
        } else if let Some(after) = rest.strip_prefix("'\"'").or_else(|| rest.strip_prefix("'\\\"'")) {
            after
        } else {
            code.push(c);
            &rest[c.len_utf8()..]
        };
    }
    code
}

/// The number of `#` when a raw text begins here.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// What follows the end of an ordinary text.
fn after_text(body: &str) -> &str {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !escaped => return &body[at + 1..],
            _ => escaped = c == '\\' && !escaped,
        }
    }
    ""
}

/// Whether `word` stands in `code` as a word of its own.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(is_part)
            && !code[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

#[test]
fn only_the_store_speaks_sql() {
    for (name, named) in &WORKSPACE.named {
        let sql = named.iter().find(|dep| dep.starts_with("sea-orm") || dep.starts_with("sqlx"));
        let may = name == "mcpbox-store" || name == TESTING;
        assert!(may || sql.is_none(), "{name} names {sql:?}; put the query into mcpbox-store");
    }
    assert!(WORKSPACE.named["mcpbox-store"].contains("sea-orm"));
}

#[test]
fn nothing_links_what_is_for_tests_only() {
    for (name, internal) in &WORKSPACE.internal {
        assert!(!internal.contains(TESTING), "{name} depends on {TESTING} outside of its tests");
    }
}

#[test]
fn only_the_jail_is_unsafe() {
    for (path, source) in WORKSPACE.sources("crates", ".rs") {
        let in_jail = path.starts_with(WORKSPACE.root.join("crates/mcpbox-jail"));
        assert!(
            in_jail || !has_word(&code_only(&source), "unsafe"),
            "{} uses unsafe; only mcpbox-jail may",
            path.display()
        );
    }
    for (path, manifest) in WORKSPACE.sources("crates", "Cargo.toml") {
        let has_lints =
            manifest.contains("[lints]\nworkspace = true") || path.parent().unwrap().ends_with("mcpbox-jail");
        assert!(has_lints, "{} does not take the workspace's lints", path.display());
    }
}

#[test]
fn the_gateway_cannot_name_a_review() {
    for (path, source) in WORKSPACE.sources("crates/mcpbox-gateway/src", ".rs") {
        let code = code_only(&source);
        for word in ["review", "Reviewer", "SignedIn", "Admin", "policy", "Ruling"] {
            assert!(!has_word(&code, word), "{} names {word}: an LLM's door must not reach decisions", path.display());
        }
    }
}

#[test]
fn zones_do_not_link_what_they_must_not_reach() {
    let absent = [
        ("mcpbox-gateway", "mcpbox-admin"),
        ("mcpbox-admin", "mcpbox-gateway"),
        ("mcpbox-sandbox", "mcpbox-store"),
        ("mcpbox-sandbox", "mcpbox-catalog"),
        ("mcpbox-egress", "mcpbox-store"),
        ("mcpbox-jail", "tokio"),
        ("mcpbox-core", "tokio"),
        ("mcpbox-analysis", "tokio"),
        ("mcpbox-analysis", "hyper"),
        ("mcpbox-openapi", "tokio"),
        ("mcpbox-openapi", "hyper"),
        ("mcpbox-catalog", "axum"),
        ("mcpbox-catalog", "rmcp"),
        ("mcpbox-store", "axum"),
        ("mcpbox-store", "rmcp"),
    ];
    for (name, forbidden) in absent {
        assert!(!WORKSPACE.reach[name].contains(forbidden), "{name} reaches {forbidden}");
    }
    assert!(WORKSPACE.reach["mcpbox-gateway"].contains("mcpbox-store"), "the check itself sees far dependencies");
}

#[test]
fn parsers_and_vocabulary_do_no_input_or_output() {
    for folder in ["crates/mcpbox-core/src", "crates/mcpbox-analysis/src", "crates/mcpbox-openapi/src"] {
        for (path, source) in WORKSPACE.sources(folder, ".rs") {
            // Tests stand at the end of a file, and may read their cases.
            let code = code_only(source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
            for door in ["std::fs", "TcpStream", "TcpListener", "UdpSocket", "std::process", "std::env", "std::io"] {
                assert!(!code.contains(door), "{} uses {door}", path.display());
            }
        }
    }
}

#[test]
fn the_longest_chain_of_our_crates_is_short() {
    fn chain(name: &str) -> Vec<String> {
        let longest = WORKSPACE.internal[name].iter().map(|next| chain(next)).max_by_key(Vec::len).unwrap_or_default();
        std::iter::once(name.to_owned()).chain(longest).collect()
    }
    let longest = chain("mcpbox");
    assert!(longest.len() <= CHAIN_MAX, "{}", longest.join(" → "));
    assert_eq!(longest.last().map(String::as_str), Some("mcpbox-core"));
}

#[test]
fn files_stay_readable() {
    for (folder, ending) in [("crates", ".rs"), ("runner", ".py"), ("scripts", ".py")] {
        for (path, source) in WORKSPACE.sources(folder, ending) {
            let lines = source.lines().count();
            assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines; split it by what it does", path.display());
        }
    }
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    let silent: Vec<PathBuf> = WORKSPACE
        .sources("crates", ".rs")
        .into_iter()
        .filter(|(_, source)| !source.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "these do not begin with //!: {silent:?}");
}

#[test]
fn code_is_told_from_texts_and_comments() {
    let source = "let a = \"unsafe // x\"; // unsafe\nlet q = '\"'; unsafe_code(b\"\\\"unsafe\\\\\");\nr#\"unsafe \"\n unsafe\"#;\"a\n unsafe\"; done";
    let code = code_only(source);
    assert!(!has_word(&code, "unsafe") && code.contains("unsafe_code") && code.ends_with("; done"), "{code}");
    assert!(has_word(&code_only("x = unsafe { y }"), "unsafe"));
}
