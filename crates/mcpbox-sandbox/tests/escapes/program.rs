//! The hostile programs: files with a header that says what is tried, how it must end and which layers stop it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use mcpbox_jail::Layer;
use serde_json::Value;

/// Set when the tests run from a copy of this folder, as another user.
pub(crate) const FOLDER: &str = "MCPBOX_TEST_ESCAPES";

/// One hostile program.
#[derive(Debug, Clone)]
pub(crate) struct Escape {
    /// `family/name`.
    pub(crate) name: String,
    pub(crate) attack: String,
    expect: Vec<Expected>,
    /// Layers each of which stops it alone, as the header claims.
    pub(crate) layers: BTreeSet<Stop>,
    /// What shows in tier 2, when anything does.
    pub(crate) open_in_tier_2: Option<String>,
    /// Whether this machine can run it; machine code is for one sort.
    is_for_here: bool,
    /// Ready to run: the preludes it asks for stand before it.
    pub(crate) source: String,
}

/// What stops a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// A layer of the jail, as in [`Layer::OPTIONAL`].
    Layer(usize),
    /// What the supervisor does whatever the jail is made of: checks of frames, time limits, caps.
    Supervisor,
    /// The way a child is parked (descriptors, environment), or the interpreter.
    Always,
}

#[derive(Debug, Clone)]
enum Expected {
    /// The failure's kind or text holds one of these.
    Fails(String),
    /// It returns exactly this.
    Returns(Value),
}

impl Stop {
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "supervisor" => Self::Supervisor,
            "always" => Self::Always,
            word => Self::Layer(Layer::OPTIONAL.iter().position(|layer| layer.to_string() == word).unwrap()),
        }
    }

    pub(crate) fn word(self) -> String {
        match self {
            Self::Supervisor => "supervisor".into(),
            Self::Always => "always".into(),
            Self::Layer(index) => Layer::OPTIONAL[index].to_string(),
        }
    }
}

impl Escape {
    fn parse(folder: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(folder).unwrap().with_extension("").display().to_string();
        let mut header: BTreeMap<&str, &str> =
            text.lines().map_while(|line| line.strip_prefix("# ")?.split_once(": ")).collect();
        let mut take = |key: &str| header.remove(key);
        let missing = |key: &str| -> ! { panic!("{name} does not say '# {key}: …'") };
        let attack = take("attack").unwrap_or_else(|| missing("attack")).to_owned();
        let expect = take("expect").unwrap_or_else(|| missing("expect")).split(" | ").map(Expected::parse).collect();
        let layers = take("layers").unwrap_or_else(|| missing("layers")).split(' ').map(Stop::parse).collect();
        let prelude = take("with").map(|name| fs::read_to_string(folder.join(name).with_extension("py")).unwrap());
        let is_for_here = take("only").is_none_or(|machine| machine == std::env::consts::ARCH);
        let open_in_tier_2 = take("open in tier 2").map(str::to_owned);
        assert!(header.is_empty(), "{name} says something nobody reads: {header:?}");
        let source = prelude.map_or_else(|| text.clone(), |prelude| format!("{prelude}\n\n{text}"));
        Self { name, attack, expect, layers, open_in_tier_2, is_for_here, source }
    }

    /// Its family, which is also its folder.
    pub(crate) fn family(&self) -> &str {
        self.name.split('/').next().unwrap()
    }

    /// Whether a layer of the jail has to do with it.
    pub(crate) fn is_for_layers(&self) -> bool {
        !self.layers.contains(&Stop::Supervisor)
    }

    /// Whether it must run into the wall clock limit.
    pub(crate) fn waits(&self) -> bool {
        self.expect.iter().any(|one| matches!(one, Expected::Fails(text) if text == "timeout"))
    }

    /// The value with which it may end, when it may return at all.
    pub(crate) fn harmless(&self) -> Option<&Value> {
        self.expect.iter().find_map(|one| match one {
            Expected::Returns(value) => Some(value),
            Expected::Fails(_) => None,
        })
    }

    /// Whether a failure reads as expected.
    pub(crate) fn is_expected(&self, failure: &str) -> bool {
        self.expect.iter().any(|one| matches!(one, Expected::Fails(text) if failure.contains(text.as_str())))
    }

    pub(crate) fn expected(&self) -> String {
        format!("{:?}", self.expect)
    }
}

impl Expected {
    fn parse(text: &str) -> Self {
        if let Some(value) = text.strip_prefix("returns ") {
            return Self::Returns(serde_json::from_str(value).unwrap());
        }
        let number = match text {
            "EPERM" => libc_number(1),
            "ENOENT" => libc_number(2),
            "ENXIO" => libc_number(6),
            "ESRCH" => libc_number(3),
            "EBADF" => libc_number(9),
            "ECHILD" => libc_number(10),
            "EAGAIN" => libc_number(11),
            "ENOMEM" => libc_number(12),
            "EACCES" => libc_number(13),
            "EBUSY" => libc_number(16),
            "EXDEV" => libc_number(18),
            "EINVAL" => libc_number(22),
            "EMFILE" => libc_number(24),
            "EFBIG" => libc_number(27),
            "ENOSPC" => libc_number(28),
            "EROFS" => libc_number(30),
            "ENAMETOOLONG" => libc_number(36),
            "ENOSYS" => libc_number(38),
            other => other.to_owned(),
        };
        Self::Fails(number)
    }
}

/// As Python shows it.
fn libc_number(number: i32) -> String {
    format!("[Errno {number}]")
}

/// Where the programs are.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os(FOLDER).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("escapes"), PathBuf::from)
}

/// A file beside the families.
pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// All programs that concern this machine, by name.
pub(crate) fn all() -> Vec<Escape> {
    let mut programs = everywhere();
    programs.retain(|program| program.is_for_here);
    programs
}

/// Those for other machines too.
pub(crate) fn everywhere() -> Vec<Escape> {
    let folder = folder();
    let mut found: Vec<Escape> = Vec::new();
    for family in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let programs = fs::read_dir(family).unwrap().map(|entry| entry.unwrap().path());
        found.extend(
            programs
                .filter(|path| path.extension().is_some_and(|it| it == "py"))
                .map(|path| Escape::parse(&folder, &path)),
        );
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[test]
fn there_are_more_than_150_programs_and_each_says_what_it_is() {
    let programs = all();
    assert!(programs.len() > 150, "{}", programs.len());
    let attacks: BTreeSet<&str> = programs.iter().map(|program| program.attack.as_str()).collect();
    assert!(attacks.len() + 20 > programs.len(), "many programs say the same of themselves");
}
