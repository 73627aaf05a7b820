//! Where a program wanted to go and was not let: told in the log and with the source, and kept for the record of the call that ran.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use mcpbox_core::{execute::HostAttempt, source::SourceTarget};

use crate::errors::Errors;

/// Places that one start of a program is told of by name: more would only fill the log.
const TOLD_MAX: usize = 100;

/// Tells of refusals of this source: of each place once, and for the records every time.
pub(crate) fn teller(target: &SourceTarget, errors: &Arc<Errors>) -> impl Fn(HostAttempt) + Send + Sync + 'static {
    let (id, name, errors) = (target.id, target.rule.name.clone(), Arc::clone(errors));
    let told = Mutex::new(BTreeSet::new());
    move |attempt| {
        let place = format!("{}:{}", attempt.host, attempt.port);
        let is_new = {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.len() < TOLD_MAX && told.insert(place.clone())
        };
        let why = why(&attempt);
        if is_new {
            tracing::warn!(source.id = %id, source.name = %name, host = %place, %why, "a program was not let to a host");
            errors.note(&format!("MCPbox did not let it to {place}: {why}"));
        }
        // What would have to be granted is no tool's to ask for.
        errors.refused(HostAttempt { detail: why, needs: None, ..attempt });
    }
}

fn why(attempt: &HostAttempt) -> String {
    match &attempt.needs {
        Some(needs) => format!("{needs} is not among the hosts that it was granted"),
        None => attempt.detail.clone(),
    }
}
