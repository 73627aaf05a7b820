//! Labels: a set of the sources that a value may come from, in one machine word.

use std::collections::HashMap;

/// What data comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A parameter of `main`.
    Argument {
        name: String,
        /// Whether it may be any text.
        is_free: bool,
    },
    /// A secret.
    Secret { key: String },
    /// The answer of a host, by its site.
    Answer { site: String },
}

/// A set of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Labels(u64);

impl Labels {
    pub(super) const NONE: Self = Self(0);

    /// Joins in place; gives whether anything is new.
    pub(super) fn add(&mut self, other: Self) -> bool {
        let before = self.0;
        self.0 |= other.0;
        before != self.0
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The sources that were met, numbered in order of appearance.
#[derive(Default)]
pub(super) struct Sources {
    all: Vec<Source>,
    index: HashMap<Source, u32>,
}

impl Sources {
    pub(super) fn argument(&mut self, name: &str, is_free: bool) -> Labels {
        self.label(Source::Argument { name: name.to_owned(), is_free })
    }

    pub(super) fn secret(&mut self, key: &str) -> Labels {
        self.label(Source::Secret { key: key.to_owned() })
    }

    pub(super) fn answer(&mut self, site: &str) -> Labels {
        self.label(Source::Answer { site: site.to_owned() })
    }

    /// The sources of a set, in order of appearance, with their numbers.
    pub(super) fn of(&self, labels: Labels) -> impl Iterator<Item = (u32, &Source)> {
        self.all
            .iter()
            .zip(0_u32..)
            .filter(move |(_, number)| labels.0 >> number & 1 == 1)
            .map(|(s, number)| (number, s))
    }

    /// A set without the secrets in it: a digest tells nothing of its key.
    pub(super) fn without_secrets(&self, labels: Labels) -> Labels {
        let secrets = self.of(labels).filter(|(_, source)| matches!(source, Source::Secret { .. }));
        secrets.fold(labels, |rest, (number, _)| rest.without(Labels(1 << number)))
    }

    /// Sources beyond the 64th share its bit; nobody writes so many, and more suspicion is the safe side.
    fn label(&mut self, source: Source) -> Labels {
        let next = u32::try_from(self.all.len()).unwrap_or(63).min(63);
        let number = *self.index.entry(source.clone()).or_insert_with(|| {
            if self.all.len() < 64 {
                self.all.push(source);
            }
            next
        });
        Labels(1 << number)
    }
}
