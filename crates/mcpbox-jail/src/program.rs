//! `<program> __jail-program`: from a plain process to somebody else's program behind the walls, spoken to over its standard input
//! and output. Unlike a zygote it is one process for many requests: it may run the program files that it is shown, and have
//! threads, but makes no other process and reaches no network, or its proxy alone.

use std::{
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::PathBuf,
    process::{Command, ExitCode},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    fs::{Mode, OFlags, ResolveFlags},
    process::{Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions},
};
use serde::{Deserialize, Serialize};

use crate::{
    entry::{fork, report},
    error::{JailError, Layer},
    identity::{self, Privilege},
    layers::Layers,
    proxy::{self, PROXY_PORT},
    ruleset::{self, Use},
    seccomp::{self, Machine},
};

mod root;

/// The first argument with which a program becomes the jail of another one. The spec comes over standard input: its length in
/// four bytes (big-endian), then JSON. It holds secrets, and arguments are there for everybody to read.
pub const PROGRAM_ARGUMENT: &str = "__jail-program";

/// Where the private directory lies in a root of its own.
pub const PRIVATE_TARGET: &str = "/private";

/// Largest spec, bytes.
const SPEC_MAX: usize = 4 << 20;
/// Time to end by itself once nobody can say anything to it any more.
const GRACE: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };
/// How much it stands behind the calls of tools: it may be busy for as long as it likes.
const NICENESS: i32 = 10;

/// A program and its walls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramSpec {
    /// An existing empty directory of the host, used as the mount point of the new root.
    pub root: PathBuf,
    /// What it sees of the host, parents before what lies in them. Without a root of its own source and target are the same.
    pub views: Vec<View>,
    /// Symbolic links to make in the root: (link, its text).
    pub links: Vec<(PathBuf, PathBuf)>,
    /// Where it starts.
    pub directory: PathBuf,
    /// The program, by its absolute path inside, and its arguments.
    pub command: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Its limits.
    pub limits: ProgramLimits,
    /// What is set up.
    pub layers: Layers,
    /// Whether it may connect to a proxy ([`PROXY_PORT`] of the loopback device of its own network). Needs namespaces. Then the standard
    /// output of the jail is a control socket, through which the listening socket and the program's standard output go out.
    pub proxy: bool,
}

/// A part of the host that it sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// On the host. No part of it may be a symbolic link.
    pub source: PathBuf,
    /// Inside.
    pub target: PathBuf,
    /// Whether it may be changed. Then nothing in it can be executed.
    pub may_write: bool,
}

/// Hard limits of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramLimits {
    /// Private writable memory, bytes.
    pub memory_bytes: u64,
    /// Open files.
    pub open_files: u64,
    /// Largest file, bytes.
    pub file_bytes: u64,
    /// Size of its `/tmp`, bytes.
    pub tmp_bytes: u64,
    /// Threads.
    pub tasks: u64,
}

impl Default for ProgramLimits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, open_files: 1024, file_bytes: 1 << 30, tmp_bytes: 64 << 20, tasks: 4096 }
    }
}

/// Becomes the jail of a program. Must be called while the process has a single thread. Returns only in the guard process, when
/// the program has ended, or when a step failed; then the error stands as a JSON line on standard error.
pub fn main_program() -> ExitCode {
    let run = || {
        let spec = read_spec().map_err(|error| JailError::new(Layer::Interpreter, "read the specification", error))?;
        // A session of its own: no controlling terminal to type into or to be signalled by.
        let _ = rustix::process::setsid();
        let privilege = identity::leave_host(spec.layers)?;
        // Before the fork and with the capabilities of the new network, which nobody has afterwards.
        if spec.proxy {
            proxy::open_for_program(spec.layers)?;
        }
        match fork().map_err(|error| JailError::new(Layer::Namespaces, "fork", error))? {
            Some(program) => guard(program).map_err(|error| JailError::new(Layer::Limits, "guard", error)),
            None => Err(match prepare(&spec, privilege) {
                Ok(()) => exec(&spec), // returns only on failure
                Err(error) => error,
            }),
        }
    };
    run().unwrap_or_else(|error| report(&error))
}

/// Byte for byte, and not one more: what follows is for the program.
fn read_spec() -> io::Result<ProgramSpec> {
    let mut input = std::fs::File::from(rustix::io::dup(rustix::stdio::stdin())?);
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > SPEC_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut text = vec![0; length];
    input.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// The process outside: ends when the program has ended, and soon after nobody holds the other end of its standard input, as when
/// MCPbox was killed. The program ends with this process, and whatever is in its pid namespace with the program.
fn guard(program: Pid) -> io::Result<ExitCode> {
    let pidfd = rustix::process::pidfd_open(program, PidfdFlags::empty())?;
    // Its streams must end with the program, not with this process.
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    let input = rustix::io::dup(rustix::stdio::stdin())?;
    let mut both = [PollFd::new(&pidfd, PollFlags::IN), PollFd::new(&input, PollFlags::empty())];
    while both.iter().all(|fd| fd.revents().is_empty()) {
        retry(|| rustix::event::poll(&mut both, None))?;
    }
    let mut ended = [PollFd::new(&pidfd, PollFlags::IN)];
    retry(|| rustix::event::poll(&mut ended, Some(&GRACE)))?;
    let _ = rustix::process::pidfd_send_signal(&pidfd, Signal::KILL);
    let status = retry(|| rustix::process::waitpid(Some(program), WaitOptions::empty()))?;
    let code = status.and_then(|(_, status)| status.exit_status().or_else(|| Some(128 + status.terminating_signal()?)));
    Ok(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)))
}

fn retry<T>(mut ask: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    loop {
        match ask() {
            Err(rustix::io::Errno::INTR) => {}
            answer => return Ok(answer?),
        }
    }
}

/// Everything up to exec.
fn prepare(spec: &ProgramSpec, privilege: Privilege) -> Result<(), JailError> {
    let layers = spec.layers;
    let proc_self = identity::proc_self()?;
    if layers.root {
        root::enter(spec)?;
    }
    if privilege == Privilege::Root && layers.capabilities {
        identity::become_nobody(&proc_self, layers)?;
    }
    drop(proc_self);
    // Ends with the guard. Set after the change of identity, which clears it; executing does not.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| JailError::new(Layer::Limits, "PR_SET_PDEATHSIG", error.into()))?;
    rustix::process::chdir(&spec.directory).map_err(|error| {
        JailError::new(Layer::Interpreter, format!("chdir {}", spec.directory.display()), error.into())
    })?;
    if layers.capabilities {
        identity::keep_only_mount_capability(false)?;
    }
    if layers.limits {
        limit(&spec.limits)?;
    }
    // Nothing that this process opened stays open: the next three are the program's.
    close_others()?;
    let ruleset = if layers.landlock { Some(ruleset(spec)?) } else { None };
    rustix::thread::set_no_new_privs(true)
        .map_err(|error| JailError::new(Layer::Capabilities, "PR_SET_NO_NEW_PRIVS", error.into()))?;
    if let Some(ruleset) = ruleset {
        ruleset::enter(&ruleset)?;
    }
    if layers.seccomp {
        seccomp::check()?;
        seccomp::program::enter(&seccomp::program::filter(Machine::HERE, layers, spec.proxy))?;
    }
    Ok(())
}

/// What Landlock allows: exactly what the root shows. What may be changed is never executed.
fn ruleset(spec: &ProgramSpec) -> Result<OwnedFd, JailError> {
    let views = spec.views.iter().map(|view| {
        let what = if view.may_write { Use::Files } else { Use::Run };
        Ok((open_plain(&view.target)?, what))
    });
    let opened: Result<Vec<(OwnedFd, Use)>, JailError> = views.collect();
    let mut opened = opened?;
    for (device, what) in [("/dev/null", Use::Sink), ("/dev/urandom", Use::ReadFile)] {
        opened.push((open_plain(device.as_ref())?, what));
    }
    if spec.layers.root {
        opened.push((open_plain(root::TMP.as_ref())?, Use::Files));
        // The root itself is ours, empty and read-only: servers list the directories above the one they look for.
        opened.push((open_plain("/".as_ref())?, Use::List));
    }
    ruleset::build_of(&opened, spec.proxy.then_some(PROXY_PORT))
}

/// A handle on a path no part of which is a symbolic link, so that it is what a human read.
fn open_plain(path: &std::path::Path) -> Result<OwnedFd, JailError> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(rustix::fs::CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve)
        .map_err(|error| JailError::new(Layer::Interpreter, format!("open {}", path.display()), error.into()))
}

fn limit(limits: &ProgramLimits) -> Result<(), JailError> {
    let limits = [
        // No core file with its data in it.
        (Resource::Core, 0),
        // Memory bomb; not the address space, of which JavaScript engines reserve far more than they use.
        (Resource::Data, limits.memory_bytes),
        // Thread bomb.
        (Resource::Nproc, limits.tasks),
        (Resource::Nofile, limits.open_files),
        (Resource::Fsize, limits.file_bytes),
        // Message queues would be memory outside the memory limit.
        (Resource::Msgqueue, 0),
        // Locked memory would escape reclaim.
        (Resource::Memlock, 0),
    ];
    for (resource, value) in limits {
        // The host may already allow less.
        let value = rustix::process::getrlimit(resource).maximum.map_or(value, |maximum| maximum.min(value));
        rustix::process::setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
            .map_err(|error| JailError::new(Layer::Limits, format!("setrlimit {resource:?}"), error.into()))?;
    }
    rustix::process::nice(NICENESS).map(drop).map_err(|error| JailError::new(Layer::Limits, "nice", error.into()))
}

#[expect(unsafe_code, reason = "no safe wrapper for close_range")]
fn close_others() -> Result<(), JailError> {
    // SAFETY: only marks descriptors; what owns one here still does, and closes it itself.
    let answer = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if answer == 0 {
        Ok(())
    } else {
        Err(JailError::new(Layer::Interpreter, "close_range", io::Error::last_os_error()))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the supervisor's process becomes the program")]
fn exec(spec: &ProgramSpec) -> JailError {
    let _ = io::stdout().flush();
    let mut words = spec.command.iter();
    let program = words.next().map(String::as_str).unwrap_or_default();
    let environment = spec.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let error = Command::new(program).args(words).env_clear().envs(environment).exec();
    JailError::new(Layer::Interpreter, format!("start {program}"), error)
}
