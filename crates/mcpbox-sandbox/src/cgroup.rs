//! Control groups: one leaf per living child, used again by later ones, that holds memory of every kind (shared memory and page
//! tables too, which no rlimit counts) and the threads of a call. Version 2 where it is delegated to us, version 1 for root; where
//! there is neither, rlimits hold alone. A child enters its leaf itself, through a descriptor that is opened here.

use std::{
    collections::VecDeque,
    fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use mcpbox_jail::JailError;
use rustix::fs::{Mode, OFlags};

mod delegate;
mod find;

use find::{Hierarchy, Version};

/// Threads of a call; a bomb of them must not use up what its siblings' jail may have.
const THREADS_MAX: u64 = 256;
/// Beside what a call may allocate: its `/tmp`, its part of the interpreter's pages, page tables, buffers of its pipes.
const SPARE_BYTES: u64 = 64 << 20;
/// How long processes may take to leave their leaves at the end.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(2);

/// The leaves of one sandbox.
#[derive(Debug)]
pub(crate) struct Cgroups {
    version: Version,
    /// One directory per hierarchy; leaves are below.
    groups: Vec<Group>,
    free: Mutex<VecDeque<Slot>>,
    made: AtomicU32,
}

#[derive(Debug)]
struct Group {
    hierarchy: Hierarchy,
    path: PathBuf,
}

/// Directories that hold one process.
#[derive(Debug)]
struct Slot {
    paths: Vec<PathBuf>,
    /// Opened for writing: whoever writes `0` enters.
    doors: Vec<OwnedFd>,
    memory_max: AtomicU64,
    /// How often the kernel had ended a process in there for want of memory when that was last asked.
    ended: AtomicU64,
}

/// A leaf while somebody uses it.
#[derive(Debug)]
pub(crate) struct Leaf {
    slot: Option<Slot>,
    home: Arc<Cgroups>,
}

impl Cgroups {
    /// Finds what may be used here, and makes this sandbox's own groups in it.
    ///
    /// # Errors
    /// Nothing may be used; says why and what would help.
    pub(crate) fn find() -> Result<Arc<Self>, JailError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}{}-{}", find::PREFIX, std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let (version, hierarchies) = find::hierarchies()?;
        let groups: Result<Vec<_>, JailError> =
            hierarchies.into_iter().map(|hierarchy| open(hierarchy, &name)).collect();
        Ok(Arc::new(Self { version, groups: groups?, free: Mutex::default(), made: AtomicU32::new(0) }))
    }

    /// `cgroup v2`.
    pub(crate) fn name(&self) -> &'static str {
        match self.version {
            Version::One => "cgroup v1",
            Version::Two => "cgroup v2",
        }
    }

    /// Where this sandbox's own groups lie, one in each hierarchy.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.groups.iter().map(|group| group.path.clone()).collect()
    }

    /// A leaf for one child.
    pub(crate) fn leaf(self: &Arc<Self>) -> io::Result<Leaf> {
        let free = self.lock().pop_front();
        let slot = free.map_or_else(|| self.make(), Ok)?;
        Ok(Leaf { slot: Some(slot), home: Arc::clone(self) })
    }

    fn make(&self) -> io::Result<Slot> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut slot =
            Slot { paths: Vec::new(), doors: Vec::new(), memory_max: AtomicU64::new(0), ended: AtomicU64::new(0) };
        for group in &self.groups {
            let path = group.path.join(format!("call-{number}"));
            fs::create_dir(&path)?;
            if group.hierarchy.has("pids") {
                fs::write(path.join("pids.max"), THREADS_MAX.to_string())?;
            }
            slot.doors.push(rustix::fs::open(
                path.join("cgroup.procs"),
                OFlags::WRONLY | OFlags::CLOEXEC,
                Mode::empty(),
            )?);
            slot.paths.push(path);
        }
        Ok(slot)
    }

    fn limit_memory(&self, slot: &Slot, bytes: u64) -> io::Result<()> {
        let (limit, swap, swap_bytes) = match self.version {
            Version::Two => ("memory.max", "memory.swap.max", 0),
            Version::One => ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", bytes),
        };
        let Some(path) = self.memory_path(slot) else { return Ok(()) };
        // Only there when swap is counted. Version 1 wants it above the other, whichever way that changes.
        let _ = fs::write(path.join(swap), swap_bytes.to_string());
        fs::write(path.join(limit), bytes.to_string())?;
        let _ = fs::write(path.join(swap), swap_bytes.to_string());
        Ok(())
    }

    /// How often the kernel has ended a process in there for want of memory.
    fn ended(&self, slot: &Slot) -> u64 {
        let file = match self.version {
            Version::Two => "memory.events",
            Version::One => "memory.oom_control",
        };
        let text = self.memory_path(slot).and_then(|path| fs::read_to_string(path.join(file)).ok()).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok()).unwrap_or(0)
    }

    fn memory_path<'a>(&self, slot: &'a Slot) -> Option<&'a Path> {
        let found = self.groups.iter().zip(&slot.paths).find(|(group, _)| group.hierarchy.has("memory"));
        found.map(|(_, path)| path.as_path())
    }

    /// Removes everything, once the last processes are gone. Leaves still in use go with their users.
    pub(crate) async fn remove(&self) {
        let until = tokio::time::Instant::now() + EMPTY_TIMEOUT;
        while !self.try_remove() && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Removes what is empty; whether nothing is left.
    fn try_remove(&self) -> bool {
        self.lock().clear();
        let left = self.groups.iter().filter(|group| !find::remove(&group.path));
        left.count() == 0
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Slot>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(hierarchy: Hierarchy, name: &str) -> Result<Group, JailError> {
    find::sweep(&hierarchy.own);
    let path = match hierarchy.version {
        Version::Two => delegate::group(&hierarchy.own, name)?,
        Version::One => {
            let path = hierarchy.own.join(name);
            fs::create_dir(&path).map_err(|error| find::unusable(&path, error))?;
            path
        }
    };
    Ok(Group { hierarchy, path })
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.try_remove();
    }
}

impl Leaf {
    /// What the child needs to enter.
    pub(crate) fn doors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.slot.iter().flat_map(|slot| slot.doors.iter().map(AsFd::as_fd))
    }

    /// Holds whoever is in there to what a call that may allocate `memory_bytes` may need in all.
    pub(crate) fn limit_memory(&self, memory_bytes: u64) {
        let Some(slot) = &self.slot else { return };
        let bytes = memory_bytes.saturating_add(SPARE_BYTES);
        // Most calls have the limits of the one before.
        if slot.memory_max.swap(bytes, Ordering::Relaxed) != bytes
            && let Err(error) = self.home.limit_memory(slot, bytes)
        {
            tracing::warn!(%error, "a call's memory could not be limited by its control group; its other limits hold");
        }
    }

    /// Whether the kernel ended the process in there for want of memory. To be asked once.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| {
            let ended = self.home.ended(slot);
            ended > slot.ended.swap(ended, Ordering::Relaxed)
        })
    }
}

impl Drop for Leaf {
    /// Goes to the end of the queue: whoever is in there is about to be gone.
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.home.lock().push_back(slot);
        }
    }
}

#[cfg(test)]
mod tests;
