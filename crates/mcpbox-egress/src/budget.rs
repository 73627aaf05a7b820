//! How much of answers this process holds at once, all calls together.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{FetchError, FetchErrorKind};

/// See the module.
pub(crate) struct Budget {
    max_bytes: usize,
    used: AtomicUsize,
}

impl Budget {
    /// Nothing is used yet.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, used: AtomicUsize::new(0) }
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share<'_> {
        Share { budget: self, bytes: 0 }
    }
}

/// What one answer takes, given back when it is read or given up.
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl Share<'_> {
    /// Takes more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), FetchError> {
        self.bytes += bytes;
        if self.budget.used.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.budget.max_bytes {
            return Ok(());
        }
        let message = "too many large answers are being read at once on this machine; try again later, or ask for less";
        Err(FetchError::new(FetchErrorKind::TooLarge, message))
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
