//! Takes secrets out of the process's environment before anything else happens: `/proc/PID/environ` shows the
//! environment a process was started with, to every process of the same user and for as long as it lives, whatever is
//! removed later. So the program starts itself once more (same process id, same standard streams) without those variables and
//! with their values in a pipe. Must run while there is one thread.

use std::{
    convert::Infallible,
    io::{Read, Write},
    os::{fd::AsRawFd, unix::process::CommandExt},
};

use anyhow::Context;

use crate::config::{Environment, SECRET_VARIABLES};

/// Number of the descriptor that holds the secret variables, in the second start.
const PIPE_VARIABLE: &str = "MCPBOX_SECRETS_FD";
/// A pipe holds at least this much without a reader (Linux gives 64 KiB).
const PIPE_MAX: u64 = 32 * 1024;

/// All variables that are valid text. Does not return when the program had to be started again.
///
/// # Errors
/// When the second start or the pipe fails.
pub(crate) fn take() -> anyhow::Result<Environment> {
    let mut env: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if SECRET_VARIABLES.iter().any(|name| std::env::var_os(name).is_some()) {
        match start_again(&env).context("cannot start again without secrets in the environment")? {}
    }
    if let Some(fd) = env.remove(PIPE_VARIABLE) {
        env.extend(read_pipe(&fd).context("cannot read the secrets handed over at start")?);
    }
    Ok(env)
}

fn start_again(env: &Environment) -> anyhow::Result<Infallible> {
    let secrets: Environment = env
        .iter()
        .filter(|(name, _)| SECRET_VARIABLES.contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let json = serde_json::to_vec(&secrets)?;
    anyhow::ensure!(json.len() as u64 <= PIPE_MAX, "the values of {} are too long", SECRET_VARIABLES.join(", "));
    let (reader, mut writer) = std::io::pipe()?;
    writer.write_all(&json)?;
    drop(writer);
    rustix::io::fcntl_setfd(&reader, rustix::io::FdFlags::empty())?; // keep it open across exec
    #[expect(clippy::disallowed_methods, reason = "replaces this very process, starts none")]
    let mut command = std::process::Command::new(std::env::current_exe()?);
    let mut arguments = std::env::args_os();
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command.args(arguments).env(PIPE_VARIABLE, reader.as_raw_fd().to_string());
    for name in SECRET_VARIABLES {
        command.env_remove(name);
    }
    Err(command.exec().into())
}

/// Drains the pipe; the descriptor stays open but holds nothing any more.
fn read_pipe(fd: &str) -> anyhow::Result<Environment> {
    let number: u32 = fd.parse()?;
    let mut json = Vec::new();
    std::fs::File::open(format!("/proc/self/fd/{number}"))?.take(PIPE_MAX).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}
