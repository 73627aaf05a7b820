//! `<program> __jail <spec>`: from a plain process with the control socket on standard input to a Python zygote that is process 1
//! of its own pid namespace.

use std::{
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::{Command, ExitCode},
};

use rustix::{
    io::FdFlags,
    process::{Pid, Resource, Rlimit, Signal, WaitOptions},
};
use serde_json::json;

use crate::{
    error::{JailError, Layer},
    identity::{self, Privilege},
    proxy::{self, PROXY_PORT},
    root,
    ruleset::{self, Use},
    seccomp::{self, Machine},
    spec::JailSpec,
};

/// The first argument with which a program becomes a jail.
pub const JAIL_ARGUMENT: &str = "__jail";

/// Descriptor of the control socket in the zygote.
const CONTROL: i32 = 3;
/// Descriptor of the Landlock ruleset in the zygote.
const RULESET: i32 = 4;

/// Becomes a jail. `arguments` are those after [`JAIL_ARGUMENT`]: one, the spec as JSON. Must be called while the process has
/// a single thread. Returns only in the guard process, when the zygote has ended, or when a step failed; then the error stands as
/// a JSON line on standard error.
pub fn main_jail(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    match arguments.next().map(|text| serde_json::from_str::<JailSpec>(&text)) {
        Some(Ok(spec)) => match run(&spec) {
            Ok(code) => code,
            Err(error) => report(&error),
        },
        _ => report(&JailError {
            layer: Layer::Interpreter,
            step: "read the jail's specification".into(),
            reason: "it is missing or not valid".into(),
            fix: "This command is started by mcpbox itself, not by hand".into(),
        }),
    }
}

pub(crate) fn report(error: &JailError) -> ExitCode {
    let line = serde_json::to_string(error).unwrap_or_else(|_| error.to_string());
    let _ = writeln!(io::stderr(), "{line}");
    ExitCode::from(2)
}

fn run(spec: &JailSpec) -> Result<ExitCode, JailError> {
    // A session of its own: no controlling terminal to type into or to be signalled by.
    let _ = rustix::process::setsid();
    let privilege = identity::leave_host(spec.layers)?;
    match fork().map_err(|error| JailError::new(Layer::Namespaces, "fork", error))? {
        Some(zygote) => Ok(guard(zygote)),
        None => Err(become_zygote(spec, privilege)), // returns only on failure
    }
}

/// The process outside: waits for the zygote and ends as it ends. When it is killed, so is the zygote, and with process 1 of the
/// pid namespace everything in it.
fn guard(zygote: Pid) -> ExitCode {
    // The control socket must close with the zygote, not with this process.
    if let Ok(null) = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty()) {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
    loop {
        match rustix::process::waitpid(Some(zygote), WaitOptions::empty()) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(Some((_, status))) if status.exit_status() == Some(0) => return ExitCode::SUCCESS,
            _ => return ExitCode::FAILURE,
        }
    }
}

/// Everything up to exec, in process 1.
fn become_zygote(spec: &JailSpec, privilege: Privilege) -> JailError {
    match prepare(spec, privilege) {
        Ok(policy) => exec(spec, &policy),
        Err(error) => error,
    }
}

fn prepare(spec: &JailSpec, privilege: Privilege) -> Result<String, JailError> {
    let layers = spec.layers;
    proxy::open(spec, rustix::stdio::stdin())?;
    let proc_self = identity::proc_self()?;
    if layers.root {
        root::enter(spec)?;
    } else {
        rustix::process::chdir("/").map_err(|error| JailError::new(Layer::Interpreter, "chdir /", error.into()))?;
    }
    if privilege == Privilege::Root && layers.capabilities {
        identity::become_nobody(&proc_self, layers)?;
    }
    drop(proc_self);
    // No orphan jail: ends with the guard. Set after the change of identity, which clears it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| JailError::new(Layer::Limits, "PR_SET_PDEATHSIG", error.into()))?;
    let ruleset =
        if layers.landlock { Some(ruleset::build(&paths(spec), spec.proxy.then_some(PROXY_PORT))?) } else { None };
    if layers.seccomp {
        seccomp::check()?;
    }
    if layers.limits {
        limit(spec)?;
    }
    if layers.capabilities {
        identity::keep_only_mount_capability(mounts_scratch(spec))?;
    }
    place_descriptors(ruleset)?;
    Ok(policy(spec))
}

/// What the ruleset allows: exactly what the root shows. Without a root of its own a target is a path of the host.
fn paths(spec: &JailSpec) -> Vec<(&Path, Use)> {
    let fixed = [(Path::new("/dev/null"), Use::Sink), (Path::new("/dev/urandom"), Use::ReadFile)];
    let scratch = mounts_scratch(spec).then_some((Path::new(root::SCRATCH_PARENT), Use::Scratch));
    spec.mounts.iter().map(|mount| (mount.target.as_path(), Use::Read)).chain(fixed).chain(scratch).collect()
}

/// Whether children mount a `/tmp`, each its own.
fn mounts_scratch(spec: &JailSpec) -> bool {
    spec.layers.root && spec.scratch
}

/// Limits of the zygote that every child inherits; the child lowers the rest itself.
fn limit(spec: &JailSpec) -> Result<(), JailError> {
    let limits = [
        // No core file with a tool's data in it.
        (Resource::Core, 0),
        // A thread or process bomb stops here, counted for this user namespace alone.
        (Resource::Nproc, spec.limits.tasks),
        // The zygote holds one for each living child; children get their own limit.
        (Resource::Nofile, spec.limits.open_files.max(4096)),
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
    Ok(())
}

/// Control socket to 3, ruleset to 4, standard input to /dev/null. All else was opened close-on-exec.
fn place_descriptors(ruleset: Option<OwnedFd>) -> Result<(), JailError> {
    let fail = |error: rustix::io::Errno| JailError::new(Layer::Interpreter, "place descriptors", error.into());
    // They may themselves have been 3 or 4.
    let ruleset = ruleset.map(|fd| rustix::io::fcntl_dupfd_cloexec(&fd, 10)).transpose().map_err(fail)?;
    let control = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 10).map_err(fail)?;
    duplicate_onto(&control, CONTROL).map_err(fail)?;
    if let Some(ruleset) = ruleset {
        duplicate_onto(&ruleset, RULESET).map_err(fail)?;
    }
    let null = rustix::fs::open(
        "/dev/null",
        rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .map_err(fail)?;
    rustix::stdio::dup2_stdin(&null).map_err(fail)
}

#[expect(unsafe_code, reason = "descriptors 3 and 4 are chosen by number")]
fn duplicate_onto(source: &OwnedFd, number: i32) -> rustix::io::Result<()> {
    // SAFETY: this single-threaded process is about to exec; nobody holds an owner of this number that could close it later
    // (it is forgotten below).
    let mut target = unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(number) };
    let answer =
        rustix::io::dup2(source, &mut target).and_then(|()| rustix::io::fcntl_setfd(target.as_fd(), FdFlags::empty()));
    std::mem::forget(target);
    answer
}

/// The opaque blobs that the zygote applies to each child.
fn policy(spec: &JailSpec) -> String {
    let filters = seccomp::filters(Machine::HERE, spec.layers, spec.proxy);
    json!({
        "control": CONTROL,
        "ruleset": RULESET,
        "layers": spec.layers,
        "scratch": mounts_scratch(spec).then_some(root::SCRATCH),
        "seccomp": {"zygote": hex::encode(filters.zygote), "child": hex::encode(filters.child)},
        "pid_offsets": filters.pid_offsets,
        "limits": spec.limits,
        "proxy": spec.proxy,
    })
    .to_string()
}

#[expect(clippy::disallowed_methods, reason = "this is where the supervisor's process becomes the zygote")]
fn exec(spec: &JailSpec, policy: &str) -> JailError {
    let mut words = spec.command.iter();
    let program = words.next().map(String::as_str).unwrap_or_default();
    let environment = spec.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let error = Command::new(program).args(words).arg(policy).env_clear().envs(environment).exec();
    JailError::new(Layer::Interpreter, format!("start {program}"), error)
}

/// Forks. `None` in the child.
#[expect(unsafe_code, reason = "no safe wrapper for fork")]
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: the process has a single thread (the contract of `main_jail`), so the child may go on as if it were the parent.
    let answer = unsafe { libc::fork() };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(Pid::from_raw(answer)) }
}
