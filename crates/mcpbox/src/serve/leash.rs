//! Programs of the operator that end with the server, also when it is killed and can tell nobody. The program is started through this
//! one, which asks the kernel for that before it becomes it.
//!
//! The kernel watches the thread that starts a process, not its program: so that the process ends with the server and no sooner, a
//! thread that does nothing else starts them, and stays.

use std::{
    ffi::OsString,
    io,
    os::unix::process::CommandExt as _,
    process::ExitCode,
    sync::mpsc::{Sender, channel},
};

use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};
use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// First argument of this program when it is to become another one: then the process that it ends with, the program, its arguments.
pub(crate) const LEASH_ARGUMENT: &str = "__leash";
/// This program, also when its file was replaced meanwhile.
const OURSELVES: &str = "/proc/self/exe";

type Started = io::Result<Child>;

/// Starts programs that end with this process.
pub(crate) struct Leash(Sender<(Command, oneshot::Sender<Started>)>);

impl Leash {
    /// Starts the thread. What it started ends when this is dropped.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn new() -> io::Result<Self> {
        let (orders, incoming) = channel::<(Command, oneshot::Sender<Started>)>();
        let runtime = Handle::current();
        std::thread::Builder::new().name("leash".to_owned()).spawn(move || {
            let _inside = runtime.enter();
            for (mut command, answer) in incoming {
                // Whoever asked may have gone; the child is dropped then, and killed.
                let _ = answer.send(command.spawn());
            }
        })?;
        Ok(Self(orders))
    }

    /// A command that becomes `program` with these arguments; for [`Leash::start`].
    #[expect(
        clippy::disallowed_methods,
        reason = "no tool: a program that the operator names, with an environment of our own"
    )]
    pub(crate) fn command(program: impl Into<OsString>, arguments: &[&str]) -> Command {
        let mut command = Command::new(OURSELVES);
        command.arg(LEASH_ARGUMENT).arg(getpid().as_raw_nonzero().to_string()).arg(program.into()).args(arguments);
        command.env_clear().kill_on_drop(true);
        command
    }

    /// Starts it.
    ///
    /// # Errors
    /// This program cannot be started again. That the other one cannot is said by its process, which ends.
    pub(crate) async fn start(&self, command: Command) -> Started {
        let (answer, started) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts programs has ended");
        self.0.send((command, answer)).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }
}

/// Becomes the program that the arguments name. Returns only when that fails.
#[expect(clippy::disallowed_methods, reason = "no tool: this process becomes a program that the operator names")]
pub(crate) fn main_leashed(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let parent = arguments.next().and_then(|text| Pid::from_raw(text.parse().ok()?));
    let (Some(parent), Some(program)) = (parent, arguments.next()) else {
        eprintln!("mcpbox: {LEASH_ARGUMENT} is for MCPbox itself");
        return ExitCode::FAILURE;
    };
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        eprintln!("{program} is not started: it could outlive the server ({error})");
        return ExitCode::FAILURE;
    }
    // It may have died before anybody watched.
    if getppid() != Some(parent) {
        return ExitCode::FAILURE;
    }
    let error = std::process::Command::new(&program).args(arguments).exec();
    eprintln!("{program} cannot be started ({error}); check --cloudflared");
    ExitCode::FAILURE
}
