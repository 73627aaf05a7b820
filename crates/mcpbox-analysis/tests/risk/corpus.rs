//! The corpus: Python sources whose header says what they are, what they ask for, and what must be found in them.

use std::{collections::BTreeMap, fs, path::Path};

use mcpbox_analysis::{
    Analysis, Assessment, Fingerprint, KnownSecret, LiveSchemas, OtherTool, Subject, analyze, assess,
};
use mcpbox_core::{
    capability::{Capabilities, Capability, HostRule},
    name::SecretKey,
    package::PackageRule,
    secret::SecretMode,
    server::CodePolicy,
};

/// A file of the corpus.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `benign/current_weather`.
    pub(crate) path: String,
    /// The tool's name.
    pub(crate) name: String,
    pub(crate) what: String,
    /// The source without its header, which stays as empty lines.
    pub(crate) code: String,
    pub(crate) policy: CodePolicy,
    pub(crate) description: Option<String>,
    pub(crate) requested: Capabilities,
    pub(crate) secrets: Vec<(String, SecretMode, Vec<HostRule>)>,
    /// Rules that must speak, with their lines.
    pub(crate) finds: Vec<(String, u32)>,
    /// Rules that must speak about something that has no line in the source.
    pub(crate) finds_around: Vec<String>,
    /// Whether no rule sees what is wrong with it.
    pub(crate) is_unseen: bool,
    /// Other files that are tools of the same box.
    pub(crate) beside: Vec<String>,
    /// The file whose version is live.
    pub(crate) live: Option<String>,
}

/// All files of a folder, by name.
pub(crate) fn folder(name: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    files.sort();
    files.iter().map(|path| read(name, path)).collect()
}

fn read(folder: &str, path: &Path) -> Case {
    let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = fs::read_to_string(path).unwrap();
    let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("# ")).collect();
    let code: Vec<&str> =
        text.lines().enumerate().map(|(at, line)| if at < header.len() { "" } else { line }).collect();
    let mut case = Case {
        path: format!("{folder}/{stem}"),
        name: stem,
        what: String::new(),
        code: code.join("\n") + "\n",
        policy: CodePolicy::Strict,
        description: None,
        requested: Capabilities::new(),
        secrets: Vec::new(),
        finds: Vec::new(),
        finds_around: Vec::new(),
        is_unseen: false,
        beside: Vec::new(),
        live: None,
    };
    for line in header {
        let (key, value) = line[2..].split_once(": ").unwrap();
        set(&mut case, key, value);
    }
    case
}

fn set(case: &mut Case, key: &str, value: &str) {
    let list = || value.split(", ");
    match key {
        "what" => case.what = value.to_owned(),
        "name" => case.name = value.to_owned(),
        "policy" => case.policy = if value == "standard" { CodePolicy::Standard } else { CodePolicy::Strict },
        "description" => case.description = Some(value.to_owned()),
        "beside" => case.beside = list().map(str::to_owned).collect(),
        "live" => case.live = Some(value.to_owned()),
        "hosts" => case.requested.extend(list().map(|text| Capability::Host(host(text)))),
        "modules" => case.requested.extend(list().map(|name| Capability::Module { name: name.to_owned() })),
        "packages" => case.requested.extend(list().map(|name| Capability::Package(PackageRule::named(name)))),
        "secrets" => {
            let (secret, hosts) = value.split_once(" -> ").unwrap();
            let (key, mode) = secret.split_once(' ').unwrap();
            let mode = if mode == "revealed" { SecretMode::Revealed } else { SecretMode::Sealed };
            case.secrets.push((key.to_owned(), mode, hosts.split(", ").map(host).collect()));
            case.requested.insert(Capability::Secret { key: SecretKey::parse(key).unwrap() });
        }
        "finds" => {
            let (rule, line) = value.split_once(' ').unwrap();
            case.finds.push((rule.to_owned(), line.parse().unwrap()));
        }
        // No rule sees it: what it asks for must keep it from being rated low.
        "finds-in-rating" => case.is_unseen = true,
        _ => {
            assert!(key.starts_with("finds-in-"), "{}: {key} is no key of a header", case.path);
            case.finds_around.push(value.to_owned());
        }
    }
}

/// `api.github.com (GET)`
fn host(text: &str) -> HostRule {
    match text.split_once(" (") {
        Some((host, method)) => {
            HostRule { method: Some(method.trim_end_matches(')').to_owned()), ..HostRule::parse(host).unwrap() }
        }
        None => HostRule::parse(text).unwrap(),
    }
}

/// A file's analysis and assessment. Like a review, it asks for what the code needs and for what the header says.
pub(crate) fn judge(case: &Case, all: &BTreeMap<String, Case>) -> (Analysis, Assessment) {
    let analysis = analyze(&case.code, case.policy);
    let prints: Vec<(String, Fingerprint)> = case
        .beside
        .iter()
        .map(|path| (format!("other__{}", all[path].name), Fingerprint::of(&all[path].code)))
        .collect();
    let others: Vec<OtherTool<'_>> =
        prints.iter().map(|(name, print)| OtherTool { name, fingerprint: Some(print) }).collect();
    let live = case.live.as_ref().map(|path| analyze(&all[path].code, CodePolicy::Strict));
    let secrets: Vec<KnownSecret<'_>> =
        case.secrets.iter().map(|(key, mode, hosts)| KnownSecret { key, mode: *mode, hosts }).collect();
    let needs = analysis.capabilities().into_iter();
    let missing = needs.filter(|need| !case.requested.iter().any(|asked| asked.covers(need)));
    let requested: Capabilities = case.requested.iter().cloned().chain(missing).collect();
    let assessment = assess(&Subject {
        name: &case.name,
        description: case.description.as_deref().or(analysis.description.as_deref()).unwrap_or_default(),
        code: &case.code,
        analysis: &analysis,
        policy: case.policy,
        secrets: &secrets,
        live: live.as_ref().map(|live| LiveSchemas { input: &live.input_schema, output: live.output_schema.as_ref() }),
        others: &others,
        requested: &requested,
        granted: &Capabilities::new(),
    });
    (analysis, assessment)
}

/// Both folders, by path.
pub(crate) fn all() -> BTreeMap<String, Case> {
    let both = folder("benign").into_iter().chain(folder("malicious"));
    both.map(|case| (case.path.clone(), case)).collect()
}
