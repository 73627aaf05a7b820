//! What each layer stops alone: every program with one layer only, with one layer missing, and with none. The headers of the
//! programs claim it, `docs/security/layers.md` shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use mcpbox_core::server::CodePolicy;
use mcpbox_sandbox::{Layer, Layers};

use crate::{
    program::{self, Escape, Stop},
    suite::Suite,
};

const OUR_LAYERS: [Layer; 7] = Layer::OPTIONAL;

fn only(kept: Option<Layer>) -> Layers {
    OUR_LAYERS.into_iter().filter(|layer| Some(*layer) != kept).fold(Layers::ALL, Layers::without)
}

/// Names of the programs that get through.
async fn through(layers: Layers, programs: &[Escape]) -> BTreeSet<String> {
    let suite = Suite::start(layers).await;
    let verdicts = suite.run(programs, &[CodePolicy::Standard]).await;
    // What became of victim and canary is what this is about; that the next call is served is not.
    let _ = suite.end().await;
    verdicts.into_iter().filter(|verdict| verdict.through.is_some()).map(|verdict| verdict.escape.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_layer_stops_alone_what_the_programs_claim() {
    if !rustix::process::geteuid().is_root() {
        return; // an ordinary user has no capabilities that could be switched on
    }
    let programs: Vec<Escape> = program::all().into_iter().filter(Escape::is_for_layers).collect();
    let open = through(only(None), &programs).await;
    let mut stops: BTreeMap<&str, BTreeSet<Stop>> =
        programs.iter().map(|it| (it.name.as_str(), BTreeSet::new())).collect();
    for (index, layer) in OUR_LAYERS.into_iter().enumerate() {
        let got_through = through(only(Some(layer)), &programs).await;
        for program in programs.iter().filter(|it| open.contains(&it.name) && !got_through.contains(&it.name)) {
            stops.get_mut(program.name.as_str()).unwrap().insert(Stop::Layer(index));
        }
    }
    // Another kernel may lack what a program asks for; nearly all must be real attacks.
    assert!(
        open.len() * 5 > programs.len() * 4,
        "only {} of {} do anything without a jail",
        open.len(),
        programs.len()
    );
    if std::env::var_os("UPDATE").is_some() {
        programs.iter().filter(|it| open.contains(&it.name)).for_each(|it| rewrite(it, &stops[it.name.as_str()]));
        return;
    }
    let lost: Vec<String> = programs
        .iter()
        .filter(|it| open.contains(&it.name))
        .flat_map(|it| {
            it.layers
                .difference(&stops[it.name.as_str()])
                .map(|stop| format!("{} got through {} alone", it.name, stop.word()))
        })
        .collect();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_layer_missing_only_what_it_alone_stops_gets_through() {
    let programs: Vec<Escape> = program::all().into_iter().filter(Escape::is_for_layers).collect();
    for (index, layer) in OUR_LAYERS.into_iter().enumerate() {
        let got_through = through(Layers::ALL.without(layer), &programs).await;
        let others = |it: &&Escape| it.layers.iter().any(|stop| *stop != Stop::Layer(index));
        let surprising: Vec<&str> = programs
            .iter()
            .filter(others)
            .map(|it| it.name.as_str())
            .filter(|name| got_through.contains(*name))
            .collect();
        assert!(surprising.is_empty(), "without {layer}: {surprising:?}");
    }
}

/// Writes down what was measured.
fn rewrite(escape: &Escape, stops: &BTreeSet<Stop>) {
    let path = program::folder().join(&escape.name).with_extension("py");
    let words: Vec<String> = stops.iter().map(|stop| stop.word()).collect();
    let claim = if words.is_empty() { "always".to_owned() } else { words.join(" ") };
    let text = fs::read_to_string(&path).unwrap();
    let lines = text
        .lines()
        .map(|line| if line.starts_with("# layers: ") { format!("# layers: {claim}") } else { line.to_owned() });
    fs::write(path, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security/layers.md")
}

#[test]
fn the_page_shows_what_the_programs_claim() {
    if std::env::var_os(program::FOLDER).is_some() {
        return; // a copy of the programs without the repository around it
    }
    let text = write_page(&program::everywhere());
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(page().parent().unwrap()).unwrap();
        fs::write(page(), &text).unwrap();
    }
    assert_eq!(fs::read_to_string(page()).unwrap_or_default(), text, "run it again with UPDATE=1");
}

const HEAD: &str = "\
# What each layer stops

The hostile programs are in [`crates/mcpbox-sandbox/escapes/`](../../crates/mcpbox-sandbox/escapes): a folder per family, a file per
attack. `cargo test -p mcpbox-sandbox --test escapes` runs every one of them in the `standard` policy, where only the jail stands, and
in `strict`; in tier 1 and 2, as root and as an ordinary user; and judges from outside: did a secret arrive, is the canary process
untouched, does the call beside it live, does the next call work, is every process and descriptor gone. None gets through.

Then each program runs with a single layer and nothing else. `●` says that this layer alone stops it; so a row with two of them survives
the loss of one. *Supervisor* stands for what does not depend on the jail: checks of frames, time limits, caps on results and output.
*Always*: nothing is there to begin with (an empty environment, closed descriptors). This page is made from the headers of the programs;
they were measured on x86_64 as root and are checked against the real layers by `tests/escapes/layers.rs`. After a change:
`UPDATE=1 cargo test -p mcpbox-sandbox --test escapes layers -- --test-threads=1`.

";

/// The page, from the headers.
fn write_page(programs: &[Escape]) -> String {
    let mut text = HEAD.to_owned();
    summary(&mut text, programs);
    weak_points(&mut text, programs);
    tier_2(&mut text, programs);
    text.push_str("\n## Every program\n");
    for (family, members) in families(programs) {
        let _ = write!(text, "\n### {family}\n\n| program | attack |{}\n| --- | --- |{}\n", heads(), rule());
        for it in members {
            let name = it.name.rsplit('/').next().unwrap_or_default();
            let cells: String = columns().map(|stop| if it.layers.contains(&stop) { " ● |" } else { " |" }).collect();
            let _ = writeln!(text, "| `{name}` | {} |{cells}", it.attack.replace('|', "\\|"));
        }
    }
    text
}

fn columns() -> impl Iterator<Item = Stop> {
    (0..OUR_LAYERS.len()).map(Stop::Layer).chain([Stop::Supervisor, Stop::Always])
}

fn heads() -> String {
    columns().map(|stop| format!(" {} |", stop.word())).collect()
}

fn rule() -> String {
    columns().map(|_| " :-: |").collect()
}

fn families(programs: &[Escape]) -> BTreeMap<&str, Vec<&Escape>> {
    let mut families: BTreeMap<&str, Vec<&Escape>> = BTreeMap::new();
    programs.iter().for_each(|it| families.entry(it.family()).or_default().push(it));
    families
}

fn summary(text: &mut String, programs: &[Escape]) {
    let _ = write!(
        text,
        "## How many each layer stops alone\n\n| family | programs |{}\n| --- | --: |{}\n",
        heads(),
        rule()
    );
    let counts = |members: &[&Escape]| -> String {
        columns().map(|stop| format!(" {} |", members.iter().filter(|it| it.layers.contains(&stop)).count())).collect()
    };
    for (family, members) in families(programs) {
        let _ = writeln!(text, "| {family} | {} |{}", members.len(), counts(&members));
    }
    let all: Vec<&Escape> = programs.iter().collect();
    let _ = writeln!(text, "| **all** | {} |{}", all.len(), counts(&all));
}

/// Programs with a single layer between them and success.
fn weak_points(text: &mut String, programs: &[Escape]) {
    text.push_str(
        "\n## Where one layer is all there is\n\nIf the named layer had a hole, these would get through it.\n\n",
    );
    for (index, layer) in OUR_LAYERS.into_iter().enumerate() {
        let only: BTreeSet<Stop> = [Stop::Layer(index)].into();
        let names: Vec<String> =
            programs.iter().filter(|it| it.layers == only).map(|it| format!("`{}`", it.name)).collect();
        if !names.is_empty() {
            let _ = writeln!(text, "- **{layer}** ({}): {}", names.len(), names.join(", "));
        }
    }
}

fn tier_2(text: &mut String, programs: &[Escape]) {
    text.push_str("\n## What shows in tier 2\n\nWithout a root and namespaces of its own a tool still cannot open a file or reach a process of the host, but it can see:\n\n");
    for it in programs {
        if let Some(what) = &it.open_in_tier_2 {
            let _ = writeln!(text, "- {what} (`{}`)", it.name);
        }
    }
}
