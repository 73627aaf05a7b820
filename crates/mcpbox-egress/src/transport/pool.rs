//! Connections kept for later calls, by scheme, host, port and the very address. Taking one never skips a check: the
//! caller has decided on that address a moment ago.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::connection::Connection;
use crate::destination::Destination;

/// Kept per key.
const MAX_PER_KEY: usize = 16;

/// What a connection may be used for again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    is_tls: bool,
    host: String,
    port: u16,
    address: IpAddr,
}

impl Key {
    /// The key of a connection to that destination at that address.
    pub(super) fn new(to: &Destination, address: IpAddr) -> Self {
        Self { is_tls: to.is_tls, host: to.host.clone(), port: to.port, address }
    }
}

/// Idle connections.
pub(crate) struct Pool {
    kept: Mutex<HashMap<Key, Vec<Kept>>>,
    max_kept: usize,
    idle_timeout: Duration,
}

struct Kept {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// An empty pool.
    pub(super) fn new(max_kept: usize, idle_timeout: Duration) -> Self {
        Self { kept: Mutex::default(), max_kept, idle_timeout }
    }

    /// A live connection of that key. HTTP/2 connections stay for others.
    pub(super) fn take(&self, key: &Key) -> Option<Connection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep(&mut kept);
        let connections = kept.get_mut(key)?;
        if let Some(shared) = connections.last_mut().and_then(Kept::share) {
            return Some(shared);
        }
        connections.pop().map(|kept| kept.connection.reused())
    }

    /// Names a new connection's key; one that many may use at once is kept from now on.
    pub(super) fn share(&self, key: &Key, connection: &mut Connection) {
        connection.key = Some(key.clone());
        if let Some(shared) = connection.shared() {
            self.keep(key.clone(), shared);
        }
    }

    /// Keeps a connection whose answer was read to the end.
    pub(super) fn put_back(&self, connection: Connection) {
        if connection.shared().is_some() || connection.is_closed() {
            return; // shared ones are here already
        }
        if let Some(key) = connection.key.clone() {
            self.keep(key, connection);
        }
    }

    /// Drops a connection that failed, and those beside it: the host has probably closed them too.
    pub(super) fn forget(&self, connection: Connection) {
        if let Some(key) = &connection.key {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        }
    }

    fn keep(&self, key: Key, connection: Connection) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep(&mut kept);
        if kept.values().map(Vec::len).sum::<usize>() >= self.max_kept {
            drop_oldest(&mut kept);
        }
        let connections = kept.entry(key).or_default();
        if connections.len() < MAX_PER_KEY && self.max_kept > 0 {
            connections.push(Kept { connection, since: Instant::now() });
        }
    }

    fn sweep(&self, kept: &mut HashMap<Key, Vec<Kept>>) {
        kept.retain(|_, connections| {
            connections.retain(|kept| !kept.connection.is_closed() && kept.since.elapsed() < self.idle_timeout);
            !connections.is_empty()
        });
    }
}

impl Kept {
    fn share(&mut self) -> Option<Connection> {
        let shared = self.connection.shared()?;
        self.since = Instant::now();
        Some(shared)
    }
}

fn drop_oldest(kept: &mut HashMap<Key, Vec<Kept>>) {
    let oldest = kept.iter().filter_map(|(key, list)| Some((key, list.first()?.since))).min_by_key(|(_, since)| *since);
    let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
    if let Some(list) = kept.get_mut(&key) {
        list.remove(0);
    }
}
