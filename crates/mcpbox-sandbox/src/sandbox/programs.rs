//! Compiled programs, so that a call does not pay for compiling. The bytes are made in a jailed child that runs nothing, are never
//! looked into here, and only ever run in a child of the same source.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    pool::Pool,
    wire::{Reader, Said, Say, frame},
};

/// Programs kept.
const KEPT: usize = 2048;
/// Bytes kept.
const KEPT_BYTES: usize = 64 << 20;
/// How long compiling may take.
const TIMEOUT: Duration = Duration::from_secs(10);

type Key = [u8; 32];

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Programs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    known: HashMap<Key, Entry>,
    order: VecDeque<Key>,
    bytes: usize,
}

#[derive(Debug, Clone)]
enum Entry {
    /// Run once; drafts are often run only once.
    Seen,
    /// Being compiled, or not worth it.
    Settled,
    Compiled(Bytes),
}

/// A program to compile.
pub(super) struct Work {
    programs: Arc<Programs>,
    key: Key,
    source: String,
}

impl Programs {
    /// The compiled program of this source.
    pub(super) fn find(&self, source: &str) -> Option<Bytes> {
        match self.lock().known.get(&key(source)) {
            Some(Entry::Compiled(code)) => Some(code.clone()),
            _ => None,
        }
    }

    /// Whether somebody should compile this source now: when it runs for the second time.
    pub(super) fn work(self: &Arc<Self>, source: &str) -> Option<Work> {
        let key = key(source);
        let mut inner = self.lock();
        match inner.known.get_mut(&key) {
            Some(entry @ Entry::Seen) => {
                *entry = Entry::Settled;
                Some(Work { programs: Arc::clone(self), key, source: source.to_owned() })
            }
            Some(_) => None,
            None => {
                inner.add(key);
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, key: Key) {
        self.known.insert(key, Entry::Seen);
        self.order.push_back(key);
        while self.order.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(Entry::Compiled(code)) = self.known.remove(&oldest) {
                self.bytes -= code.len();
            }
        }
    }

    fn set(&mut self, key: Key, code: Bytes) {
        if let Some(entry) = self.known.get_mut(&key) {
            self.bytes += code.len();
            *entry = Entry::Compiled(code);
        }
    }
}

impl Work {
    /// Compiles in a child of this pool.
    pub(super) async fn compile(self, pool: Arc<Pool>) {
        if let Ok(Some(code)) = tokio::time::timeout(TIMEOUT, self.ask(&pool)).await {
            self.programs.lock().set(self.key, code);
        }
    }

    async fn ask(&self, pool: &Arc<Pool>) -> Option<Bytes> {
        let (child, _running) = pool.take().await.ok()?;
        let mut request = frame(&Say::Compile, &[self.source.as_bytes()]);
        while !request.is_empty() {
            child.stream.writable().await.ok()?;
            match child.stream.try_write(&request) {
                Ok(count) => drop(request.split_to(count)),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return None,
            }
        }
        let mut reader = Reader::default();
        loop {
            match reader.next(&child.stream, 0).await.ok()? {
                (Said::Parked, _) => {}
                (Said::Code, code) if !code.is_empty() => return Some(code),
                _ => return None,
            }
        }
    }
}

fn key(source: &str) -> Key {
    Sha256::digest(source).into()
}
