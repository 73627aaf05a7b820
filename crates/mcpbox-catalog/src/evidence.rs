//! Evidence: what test runs of a version did. Kept with the version and within bounds; compared with what the version declares
//! ([`observed`]) and, for a newer version, with what the live one did ([`regression`]).

mod example;
mod observed;
pub(crate) mod regression;

use mcpbox_core::call::{CallRecord, Trial};
use mcpbox_store::{Store, StoreError, calls};

pub(crate) use observed::{Declared, findings};

use crate::record;

/// Writes a test run, makes it an example when it may be one, and drops the oldest runs over the cap.
pub(crate) async fn keep(store: &Store, run: &mut CallRecord) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    if let Some(trial) = run.trial.clone() {
        let repeatable = trial.repeatable && !record::is_cut(&run.result);
        let examples = calls::examples_of_version(&tx, run.version_id).await?;
        let is_example = repeatable && run.failure.is_none() && example::adds(&examples, run);
        run.trial = Some(Trial { repeatable, is_example, ..trial });
    }
    calls::insert_many(&tx, std::slice::from_ref(run)).await?;
    calls::trim_evidence(&tx, run.version_id).await?;
    tx.commit().await
}
