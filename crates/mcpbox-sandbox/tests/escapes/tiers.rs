//! Every program in every tier: as root, as an ordinary user with user namespaces, and in tier 2 without any.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, time::Duration};

use mcpbox_core::server::CodePolicy;
use mcpbox_sandbox::Layers;

use crate::{
    program::{self, Escape},
    suite::{Suite, Verdict, refused_before_it_runs},
};

/// One story at a time: they measure this process.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const BOTH: [CodePolicy; 2] = [CodePolicy::Standard, CodePolicy::Strict];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_escapes_tier_1() {
    story(Layers::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_escapes_tier_2() {
    story(Layers::NO_NAMESPACES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_escapes_tier_1_of_an_ordinary_user() {
    again_as_somebody_else("tiers::nothing_escapes_tier_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_escapes_tier_2_of_an_ordinary_user() {
    again_as_somebody_else("tiers::nothing_escapes_tier_2");
}

/// The whole suite, and whether everything is as before afterwards.
async fn story(layers: Layers) {
    let _alone = ALONE.lock().await;
    let before = Traces::of_this_process();
    let suite = Suite::start(layers).await;
    let programs = programs(&suite);
    let verdicts = suite.run(&programs, &BOTH).await;
    let touched = suite.end().await;
    let mut wrong: Vec<String> = verdicts.iter().filter_map(|verdict| complaint(verdict, layers)).collect();
    wrong.extend(touched);
    wrong.extend(before.compare().await);
    let ran = verdicts.len();
    assert!(wrong.is_empty(), "{} of {ran} runs in {layers:?}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 600, "only {ran} runs");
}

/// The programs that this sandbox can run: those that use `http` need the base packages.
fn programs(suite: &Suite) -> Vec<Escape> {
    use mcpbox_core::execute::Executor;
    let has_http = suite.sandbox.status().base_ready;
    program::all().into_iter().filter(|escape| has_http || escape.family() != "egress").collect()
}

fn complaint(verdict: &Verdict, layers: Layers) -> Option<String> {
    let Verdict { escape, policy, through, failure } = verdict;
    let name = format!("{} ({policy:?})", escape.name);
    let is_full = layers == Layers::ALL;
    if let Some(through) = through {
        let is_known = !is_full && *policy == CodePolicy::Standard && escape.open_in_tier_2.is_some();
        return (!is_known).then(|| format!("{name} got through: {through}"));
    }
    let failure = failure.as_ref()?;
    if *policy == CodePolicy::Strict {
        let is_refused = refused_before_it_runs(&escape.source).is_some();
        let is_same = escape.is_expected(failure);
        return (!is_refused && !is_same)
            .then(|| format!("{name}: nothing refused it before it ran, and it ended in {failure}"));
    }
    // Without a root of its own an attack may fail in another way, but fail it must.
    (is_full && !escape.is_expected(failure))
        .then(|| format!("{name} ended in {failure:.300}, expected {}", escape.expected()))
}

/// What this process holds: descriptors, processes below it.
struct Traces {
    descriptors: usize,
    processes: usize,
}

impl Traces {
    fn of_this_process() -> Self {
        Self { descriptors: fs::read_dir("/proc/self/fd").unwrap().count(), processes: descendants().len() }
    }

    /// What is there that was not, after a while.
    async fn compare(&self) -> Vec<String> {
        let mut now = Self::of_this_process();
        for _ in 0..100 {
            if now.descriptors <= self.descriptors && now.processes <= self.processes {
                return Vec::new();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            now = Self::of_this_process();
        }
        vec![format!(
            "left behind: {} descriptors (before: {}), processes {:?}",
            now.descriptors,
            self.descriptors,
            descendants()
        )]
    }
}

/// The processes below this one: (pid, name).
fn descendants() -> Vec<(u32, String)> {
    let mut parents: BTreeMap<u32, (u32, String)> = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(") ") else { continue };
        let parent = rest.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        parents.insert(pid, (parent, name.to_owned()));
    }
    let me = std::process::id();
    let is_below = |mut pid: u32| {
        while let Some((parent, _)) = parents.get(&pid) {
            if *parent == me {
                return true;
            }
            pid = *parent;
        }
        false
    };
    parents.iter().filter(|(pid, _)| is_below(**pid)).map(|(pid, (_, name))| (*pid, name.clone())).collect()
}

#[expect(clippy::disallowed_methods, reason = "the test starts itself as another user")]
fn again_as_somebody_else(test: &str) {
    if !rustix::process::geteuid().is_root() {
        return; // then the test itself is the one of the ordinary user
    }
    let folder = tempfile::tempdir().unwrap();
    let open_up = |path: &std::path::Path| fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    open_up(folder.path());
    let own = folder.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &own).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_mcpbox-jail-entry"), folder.path().join("jail")).unwrap();
    let escapes = folder.path().join("escapes");
    let copied = std::process::Command::new("cp").arg("-r").arg(program::folder()).arg(&escapes).status().unwrap();
    assert!(copied.success());
    let output = std::process::Command::new("setpriv")
        .args(["--reuid=61234", "--regid=61234", "--clear-groups", "--inh-caps=-all"])
        .arg(&own)
        .args(["--exact", test, "--nocapture"])
        .env("MCPBOX_TEST_USER_FOLDER", folder.path())
        .env(program::FOLDER, &escapes)
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .current_dir("/")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
