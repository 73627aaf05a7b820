//! What a tool prints: read as it comes, kept up to a budget, thrown away beyond it, so that printing forever costs nobody memory.

use std::io;

use tokio::net::unix::pipe;

/// Read at once.
const CHUNK: usize = 16 * 1024;
/// Reads after the end: what a full pipe can still hold.
const LAST_READS: usize = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct Output {
    kept: Vec<u8>,
    budget: usize,
    is_cut: bool,
    is_open: bool,
}

impl Output {
    pub(super) fn new(budget: u64) -> Self {
        Self { kept: Vec::new(), budget: usize::try_from(budget).unwrap_or(usize::MAX), is_cut: false, is_open: true }
    }

    /// Whether more may come.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Waits for output and takes it.
    pub(super) async fn read(&mut self, pipe: &pipe::Receiver) {
        if pipe.readable().await.is_err() {
            self.is_open = false;
            return;
        }
        match self.take(|chunk| pipe.try_read(chunk)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            taken => self.is_open = matches!(taken, Ok(true)),
        }
    }

    /// Takes what is there without waiting. Asks the kernel, not the runtime: the runtime may not have heard of it yet.
    pub(super) fn drain(&mut self, pipe: &pipe::Receiver) {
        for _ in 0..LAST_READS {
            if !matches!(self.take(|chunk| Ok(rustix::io::read(pipe, chunk)?)), Ok(true)) {
                return;
            }
        }
    }

    /// One read; whether the pipe is still open.
    fn take(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<bool> {
        let mut chunk = [0_u8; CHUNK];
        let count = read(&mut chunk)?;
        let room = self.budget.saturating_sub(self.kept.len());
        let kept = chunk.get(..count.min(room)).unwrap_or_default();
        self.kept.extend_from_slice(kept);
        self.is_cut |= count > room;
        Ok(count > 0)
    }

    /// The text, with a mark where it was cut.
    pub(crate) fn into_text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        if self.is_cut {
            text.push_str(&format!("\n[output cut at {} bytes]", self.budget));
        }
        text
    }
}
