//! Which runs are regression examples: the first successful ones of a version with inputs of their own. The first, not the
//! newest, so that later tests cannot push out those a human may have seen.

use mcpbox_core::call::CallRecord;
use mcpbox_store::calls::EXAMPLES_MAX;

/// Whether `run` is one more example beside `examples`.
pub(super) fn adds(examples: &[CallRecord], run: &CallRecord) -> bool {
    let is_room = u64::try_from(examples.len()).is_ok_and(|held| held < EXAMPLES_MAX);
    is_room && !examples.iter().any(|example| same_input(example, run))
}

fn same_input(one: &CallRecord, other: &CallRecord) -> bool {
    let mocks = |run: &CallRecord| run.trial.as_ref().and_then(|trial| trial.http_mocks.clone());
    let answers = |run: &CallRecord| run.trial.as_ref().and_then(|trial| trial.answers.clone());
    let entry = |run: &CallRecord| run.observed.entry.clone();
    one.arguments == other.arguments
        && entry(one) == entry(other)
        && mocks(one) == mocks(other)
        && answers(one) == answers(other)
}
