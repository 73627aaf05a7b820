//! Finds values of secrets in what comes back and puts `[secret KEY]` there.

use std::{
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use aho_corasick::{AhoCorasick, Input, MatchKind, PatternID};
use mcpbox_core::name::SecretKey;
use memchr::memmem;
use serde_json::{Map, Value};

use super::echo::forms;

/// So much of a form is searched for; the rest is compared. Keeps the automaton small for long values, and finds a long
/// value that was cut off.
const BEGINNING_BYTES: usize = 64;

/// So many bytes are searched form by form before the automaton is built, which costs more than most calls print.
const SIMPLE_SEARCH_BYTES: usize = 8 * 1024;

/// Looks for the values of some secrets, in every form and any ASCII case.
pub(crate) struct Scrubber {
    /// How forms begin, in lower case; empty when there is nothing to look for.
    beginnings: Vec<Vec<u8>>,
    /// By beginning: the forms that begin so, so that a match can be prolonged to the longest.
    forms: Vec<Vec<Form>>,
    /// Finds beginnings; built when first needed. None when it cannot be built: then nothing passes.
    automaton: OnceLock<Option<AhoCorasick>>,
    searched_bytes: AtomicUsize,
}

struct Form {
    text: String,
    stand_in: String,
}

impl Scrubber {
    /// Prepares the search for these secrets.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = (&'a SecretKey, &'a str)>) -> Self {
        let mut by_beginning: BTreeMap<Vec<u8>, Vec<Form>> = BTreeMap::new();
        for (key, value) in secrets {
            for text in forms(value) {
                let beginning = text.bytes().take(BEGINNING_BYTES).map(|byte| byte.to_ascii_lowercase()).collect();
                let form = Form { text, stand_in: format!("[secret {key}]") };
                by_beginning.entry(beginning).or_default().push(form);
            }
        }
        let (beginnings, forms) = by_beginning.into_iter().unzip();
        Self { beginnings, forms, automaton: OnceLock::new(), searched_bytes: AtomicUsize::new(0) }
    }

    /// Whether a value stands in these bytes.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        if self.beginnings.is_empty() {
            return false;
        }
        let searched = self.searched_bytes.fetch_add(bytes.len(), Ordering::Relaxed).saturating_add(bytes.len());
        if searched <= SIMPLE_SEARCH_BYTES {
            let lower = bytes.to_ascii_lowercase();
            return self.beginnings.iter().any(|beginning| memmem::find(&lower, beginning).is_some());
        }
        self.automaton().is_none_or(|automaton| automaton.is_match(bytes))
    }

    /// The bytes without values; None when they hold none.
    pub(crate) fn clean_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.is_in(bytes).then(|| self.clean_until(bytes, bytes.len()).0)
    }

    /// The same for bytes that go on: what is clean, and how many bytes that accounts for. The others may be the
    /// beginning of a value.
    pub(crate) fn clean_begun(&self, bytes: &[u8]) -> (Vec<u8>, usize) {
        self.clean_until(bytes, self.open_end(bytes))
    }

    /// Cleans up to `end`, or to the end of a value that begins before it.
    fn clean_until(&self, bytes: &[u8], end: usize) -> (Vec<u8>, usize) {
        let Some(automaton) = self.automaton() else { return (b"[secret]".to_vec(), bytes.len()) };
        let mut cleaned = Vec::with_capacity(bytes.len());
        let mut copied = 0;
        while let Some(found) = automaton.find(Input::new(bytes).range(copied..)).filter(|found| found.start() < end) {
            let (length, stand_in) = self.longest(found.pattern(), bytes.get(found.start()..).unwrap_or_default());
            cleaned.extend_from_slice(bytes.get(copied..found.start()).unwrap_or_default());
            cleaned.extend_from_slice(stand_in.as_bytes());
            copied = found.end().max(found.start() + length);
        }
        cleaned.extend_from_slice(bytes.get(copied..end).unwrap_or_default());
        (cleaned, copied.max(end))
    }

    /// Where a value may begin that goes on beyond these bytes; their end when none does.
    pub(crate) fn open_end(&self, bytes: &[u8]) -> usize {
        let starts = self.beginnings.iter().zip(&self.forms).filter_map(|(beginning, forms)| {
            let longest = forms.iter().map(|form| form.text.len()).max()?;
            let from = bytes.len().saturating_sub(longest - 1);
            let tail = bytes.get(from..)?;
            let is_open = |at: &usize| {
                let rest = tail.get(*at..).unwrap_or_default();
                let is_begun = common_length(beginning, rest) == rest.len().min(beginning.len());
                is_begun
                    && forms.iter().any(|form| {
                        form.text.len() > rest.len() && common_length(form.text.as_bytes(), rest) == rest.len()
                    })
            };
            (0..tail.len()).find(is_open).map(|at| from + at)
        });
        starts.min().unwrap_or(bytes.len())
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        let build = || {
            let mut builder = AhoCorasick::builder();
            builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true);
            let failed =
                |error| tracing::error!(%error, "cannot search for secrets, so the output of this call is withheld");
            builder.build(&self.beginnings).map_err(failed).ok()
        };
        self.automaton.get_or_init(build).as_ref()
    }

    /// How much of the longest matching form stands at the start of the bytes, and what stands in for it.
    fn longest(&self, pattern: PatternID, bytes: &[u8]) -> (usize, &str) {
        let forms = self.forms.get(pattern.as_usize()).into_iter().flatten();
        let lengths = forms.map(|form| (common_length(form.text.as_bytes(), bytes), form.stand_in.as_str()));
        lengths.max_by_key(|(length, _)| *length).unwrap_or((0, "[secret]"))
    }

    /// The text without values.
    pub(crate) fn clean_text(&self, text: &str) -> String {
        match self.clean_bytes(text.as_bytes()) {
            None => text.to_owned(),
            Some(cleaned) => String::from_utf8_lossy(&cleaned).into_owned(),
        }
    }

    /// The value with cleaned strings and keys; a number that holds a value becomes its stand-in.
    pub(crate) fn clean_json(&self, value: Value) -> Value {
        if self.beginnings.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => match self.clean_bytes(text.as_bytes()) {
                None => Value::String(text),
                Some(cleaned) => Value::String(String::from_utf8_lossy(&cleaned).into_owned()),
            },
            Value::Number(number) => match self.clean_bytes(number.to_string().as_bytes()) {
                None => Value::Number(number),
                Some(cleaned) => Value::String(String::from_utf8_lossy(&cleaned).into_owned()),
            },
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.clean_json(item)).collect()),
            Value::Object(map) => Value::Object(self.clean_map(map)),
            Value::Null | Value::Bool(_) => value,
        }
    }

    fn clean_map(&self, map: Map<String, Value>) -> Map<String, Value> {
        map.into_iter().map(|(key, value)| (self.clean_text(&key), self.clean_json(value))).collect()
    }
}

fn common_length(form: &[u8], bytes: &[u8]) -> usize {
    form.iter().zip(bytes).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
}
