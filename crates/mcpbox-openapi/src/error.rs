//! Why a document cannot be used.

/// Why a document, or one operation of it, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecError {
    /// What is wrong, with where it stands.
    pub message: String,
    /// Line in the text, from 1, when the text itself cannot be read.
    pub line: Option<u32>,
    /// What to do.
    pub hint: String,
}

impl SpecError {
    /// A refusal with what to do about it.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), line: None, hint: hint.into() }
    }

    /// With a line of the text.
    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.line = u32::try_from(line).ok().filter(|line| *line > 0);
        self
    }
}
