//! Other people's programs: MCP servers that are spoken to over their standard input and output, each in a jail of its own for as
//! long as somebody holds it. What such a program may see was granted by a human; whether this machine can give that, and the
//! walls around it, is decided here, and where it cannot, nothing is started.

mod door;
mod find;
mod room;
mod view;

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Arc, OnceLock},
    time::Duration,
};

use mcpbox_core::{
    execute::{BoxFuture, SandboxTier},
    ids::SourceId,
    program::{ProgramHost, ProgramStart, RunningProgram},
};
use mcpbox_jail::{PROGRAM_ARGUMENT, ProgramSpec};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Sandbox;
use crate::cgroup::Leaf;
use room::Room;
use view::Machine;

/// Programs that run at once.
const AT_ONCE: usize = 16;
/// Time to take its specification.
const TAKEN: Duration = Duration::from_secs(10);
/// Time to end by itself when its input was closed; a little more than the guard gives it.
const GRACE: Duration = Duration::from_secs(3);
/// How often its directory is tried to be deleted.
const REMOVALS: usize = 5;

/// Places of programs.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

impl ProgramHost for Sandbox {
    fn start(&self, start: ProgramStart) -> BoxFuture<'_, Result<RunningProgram, String>> {
        Box::pin(self.start_guest(start))
    }

    fn remove(&self, source: SourceId) {
        self.tasks.spawn(remove(view::kept(&self.config.data_dir, source)));
    }
}

async fn remove(kept: PathBuf) {
    for _ in 0..REMOVALS {
        match tokio::fs::remove_dir_all(&kept).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::debug!(%error, "a program that still writes keeps its directory for now");
                sleep(GRACE).await;
            }
            _ => return,
        }
    }
    tracing::warn!(directory = %kept.display(), "what a deleted source kept could not be deleted; delete it by hand");
}

impl Sandbox {
    async fn start_guest(&self, start: ProgramStart) -> Result<RunningProgram, String> {
        if self.standing.tier() == SandboxTier::None {
            let lacking = self.standing.detail();
            return Err(format!(
                "a program is started only behind all walls, and this machine does not give them. {lacking}"
            ));
        }
        if self.closing.is_cancelled() {
            return Err("MCPbox is stopping".to_owned());
        }
        let place = Arc::clone(&self.guests).try_acquire_owned();
        let place = place.map_err(|_| format!("{AT_ONCE} programs run already, as many as may at once"))?;
        let machine = Machine {
            data_dir: self.config.data_dir.clone(),
            mount_point: self.runtime.directory.join("root"),
            layers: self.standing.layers,
        };
        let kept_bytes = self.config.program_kept_bytes;
        let (spec, room) = tokio::task::spawn_blocking(move || {
            let spec = machine.spec(&start)?;
            let room = Room::new(&spec, &machine.kept(start.id)?, kept_bytes);
            room.look().map(|()| (spec, room))
        })
        .await
        .map_err(|error| error.to_string())??;
        let leaf = self.leaf(&spec);
        let (control, output) = if spec.proxy {
            door::pair().map(|(ours, theirs)| (Some(ours), theirs.into()))?
        } else {
            (None, Stdio::piped())
        };
        let mut guard = self.launch(&spec, leaf.as_ref(), output).await?;
        let fail = |error: std::io::Error| format!("its streams cannot be used: {error}");
        let (Some(input), Some(mut errors)) = (guard.stdin.take(), guard.stderr.take()) else {
            return Err("it has no streams".to_owned());
        };
        let (output, proxy) = match (control, guard.stdout.take()) {
            (Some(control), _) => {
                let handed = door::taken(control, &mut errors).await?;
                (handed.output, Some(handed.listener))
            }
            (None, Some(output)) => (output.into_owned_fd().map_err(fail)?, None),
            (None, None) => return Err("it has no streams".to_owned()),
        };
        let stopped = Arc::default();
        let running = RunningProgram {
            input: input.into_owned_fd().map_err(fail)?,
            output,
            errors: errors.into_owned_fd().map_err(fail)?,
            proxy,
            stopped: Arc::clone(&stopped),
            hold: Box::new(self.keep(guard, (leaf, place), room, stopped)),
        };
        Ok(running)
    }

    /// A control group for it, where there may be one; its other limits hold without.
    fn leaf(&self, spec: &ProgramSpec) -> Option<Leaf> {
        let leaf = self.standing.cgroups.as_ref()?.leaf();
        let leaf =
            leaf.inspect_err(|error| tracing::warn!(%error, "a program gets no control group; its other limits hold"));
        let leaf = leaf.ok()?;
        leaf.limit_memory(spec.limits.memory_bytes);
        Some(leaf)
    }

    /// Starts the jail, which waits for its specification; by then it is in its control group, and with it all it becomes.
    #[expect(clippy::disallowed_methods, reason = "the sandbox is where processes are started")]
    async fn launch(&self, spec: &ProgramSpec, leaf: Option<&Leaf>, output: Stdio) -> Result<Child, String> {
        let program = &self.config.jail_program;
        let text = serde_json::to_vec(spec).map_err(|error| error.to_string())?;
        let length = u32::try_from(text.len()).map_err(|error| error.to_string())?;
        let mut guard = Command::new(program)
            .arg(PROGRAM_ARGUMENT)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        if let (Some(pid), Some(leaf)) = (guard.id(), leaf) {
            for door in leaf.doors() {
                rustix::io::write(door, pid.to_string().as_bytes())
                    .map_err(|error| format!("its control group: {error}"))?;
            }
        }
        let told = async {
            let input = guard.stdin.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
            input.write_all(&length.to_be_bytes()).await?;
            input.write_all(&text).await
        };
        match timeout(TAKEN, told).await {
            Ok(Ok(())) => Ok(guard),
            Ok(Err(error)) => Err(format!("its jail cannot be told what to do: {error}")),
            Err(_) => Err("its jail did not listen".to_owned()),
        }
    }

    /// Keeps it until what is returned is dropped, it takes too much room, or the sandbox ends; then it ends, and is collected.
    fn keep(
        &self,
        mut guard: Child,
        kept: (Option<Leaf>, OwnedSemaphorePermit),
        room: Room,
        stopped: Arc<OnceLock<String>>,
    ) -> DropGuard {
        let (given_up, stop) = (CancellationToken::new(), self.stop.clone());
        let hold = given_up.clone().drop_guard();
        self.tasks.spawn(async move {
            let ended = tokio::select! {
                _ = guard.wait() => true,
                () = given_up.cancelled() => timeout(GRACE, guard.wait()).await.is_ok(),
                why = room.exceeded() => {
                    tracing::warn!("a program was stopped: {why}");
                    let _ = stopped.set(why);
                    false
                }
                () = stop.cancelled() => false,
            };
            if !ended {
                let _ = guard.start_kill();
                let _ = timeout(GRACE, guard.wait()).await;
            }
            drop(kept);
        });
        hold
    }
}
