//! The seam between who decides that code runs (catalog) and what runs it (sandbox, here or on another machine).

mod asked;
mod outcome;

use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{
    asked::{Entry, Environment, Execution, HttpMock, LockedEnvironment, Program, UnsealedSecret},
    outcome::{HostAttempt, HostOutcome, Observed, Outcome, ToolOutput},
};
use crate::{
    ask::{self, Asking},
    failure::Failure,
    hash::ContentHash,
    package::{PackageLock, Requirements, ResolvedPackage},
    task::Begun,
};

/// A future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs Python in a jail. Dropping the future of [`Executor::execute`] kills the process: that is cancellation.
pub trait Executor: Send + Sync + 'static {
    /// Runs one execution in a fresh process. Never retries by itself.
    fn execute<'a>(&'a self, execution: Execution, observer: Arc<dyn Observer>) -> BoxFuture<'a, Outcome>;

    /// How the sandbox is.
    fn status(&self) -> SandboxStatus;

    /// How often since the start a process that makes others ended unexpectedly.
    fn crashes(&self) -> u64 {
        0
    }

    /// Whether anything is there that could run a tool.
    fn is_reachable(&self) -> bool {
        true
    }

    /// Asks the package index which exact wheels fulfil these requirements together with the base packages, for the
    /// interpreter that runs tools. Installs nothing, runs nothing of theirs. An error is a sentence for a person.
    fn resolve<'a>(&'a self, requirements: &'a Requirements) -> BoxFuture<'a, Result<Resolved, String>> {
        let _ = requirements;
        Box::pin(async { Err("this sandbox cannot resolve packages".to_owned()) })
    }

    /// Installs the environment of a lock, or checks the one that is there, so that calls can run in it. May take minutes;
    /// `progress` gets a line per step. An error is a sentence for a person.
    fn install<'a>(
        &'a self,
        environment: LockedEnvironment,
        lock: &'a PackageLock,
        progress: &'a (dyn Fn(&str) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), String>> {
        let _ = (environment, lock, progress);
        Box::pin(async { Err("this sandbox cannot install packages".to_owned()) })
    }

    /// Removes the environments of locks other than `wanted` that were not used since `since`; gives how many. What is needed again
    /// is installed again.
    fn remove_unused<'a>(&'a self, wanted: &'a BTreeSet<ContentHash>, since: DateTime<Utc>) -> BoxFuture<'a, u64> {
        let _ = (wanted, since);
        Box::pin(async { 0 })
    }
}

/// Hears what a run says while it runs, and answers what it asks for. Called from the supervisor; must not block.
pub trait Observer: Send + Sync + 'static {
    /// `ctx.progress(done, total, message)`.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>);
    /// `ctx.log(message)`.
    fn log(&self, message: String);
    /// What runs is known, and about to begin.
    fn begins(&self, run: Begun) {
        let _ = run;
    }
    /// Through which the run may call other tools; none for most runs, whose code then has no `tools`.
    fn tools(&self) -> Option<&dyn ToolCalls> {
        None
    }
    /// Through which the run may ask the user of its client.
    fn questions(&self) -> Option<&dyn Questions> {
        None
    }
    /// How that user can be asked. Whoever makes runs turns it into [`Observer::questions`].
    fn asking(&self) -> Asking {
        ask::NOBODY
    }
}

/// Asks the user of the client on behalf of a run. Whoever implements it checks the question; dropping the future takes it back.
pub trait Questions: Send + Sync {
    /// `await ctx.elicit(...)`: `{action, content}`. `question` is what the run put together.
    fn ask(&self, question: Value) -> BoxFuture<'_, Result<Value, Failure>>;
}

/// Calls tools on behalf of a run. Whoever implements it decides whether the run may; dropping the future cancels the call.
pub trait ToolCalls: Send + Sync {
    /// `await tools.<server>.<tool>(...)`: what that tool returned. `name` is `server__tool`, as the run put it together.
    fn call_tool<'a>(&'a self, name: String, arguments: Map<String, Value>) -> BoxFuture<'a, Result<Value, Failure>>;
}

/// An observer that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<String>) {}
    fn log(&self, _: String) {}
}

/// What came of resolving packages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// By what exactly this is installed.
    pub lock: PackageLock,
    /// What is installed.
    pub packages: Vec<ResolvedPackage>,
}

/// How the sandbox is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SandboxStatus {
    /// Which layers hold.
    pub tier: SandboxTier,
    /// A sentence about it.
    pub detail: String,
    /// Interpreter version, `3.13.1`.
    pub python: String,
    /// Processes that wait for a call.
    pub parked: u32,
    /// Calls that run now.
    pub running: u32,
    /// Calls that wait for a process.
    pub queued: u32,
    /// Whether the base packages (httpx …) are ready.
    pub base_ready: bool,
}

/// Which layers hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SandboxTier {
    /// Namespaces, Landlock, seccomp, limits.
    Full,
    /// Landlock, seccomp, limits.
    NoNamespaces,
    /// Started with `--insecure-no-sandbox`.
    None,
}
