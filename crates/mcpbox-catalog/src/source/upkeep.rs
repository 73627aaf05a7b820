//! Looks after open connections: whether each source is still there, and whether it may still be reached. One that may not is
//! let go of in the next round, whoever took the grant back, and on which replica; its calls are refused at once, without this.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::future::join_all;
use mcpbox_core::{event::LiveEvent, grant::GrantState, source::SourceClient};
use tokio::sync::broadcast;

use super::find;
use crate::{Catalog, CatalogError, expiry};

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(20);

/// Looks after them until the catalog ends.
pub(super) fn start(cat: &Arc<Catalog>) {
    let (weak, stop) = (Arc::downgrade(cat), cat.stop_background.clone());
    let Some(client) = cat.sources.get().cloned() else { return };
    cat.background.spawn(async move {
        let Some(mut events) = weak.upgrade().map(|cat| cat.subscribe()) else { return };
        while stop.run_until_cancelled(pause(&mut events)).await.is_some() {
            let Some(cat) = weak.upgrade() else { return };
            let round = stop.run_until_cancelled(round(&cat, &*client)).await;
            if let Some(Err(error)) = round {
                tracing::warn!(%error, "connections to sources could not be looked after");
            }
        }
    });
}

/// Until the next round is due, or grants changed: what may not be there any more goes at once.
async fn pause(events: &mut broadcast::Receiver<LiveEvent>) {
    let told = async {
        loop {
            match events.recv().await {
                Ok(LiveEvent::GrantsChanged) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    let _ = tokio::time::timeout(EVERY, told).await;
}

async fn round(cat: &Arc<Catalog>, client: &dyn SourceClient) -> Result<(), CatalogError> {
    let known = client.known();
    if known.is_empty() {
        return Ok(());
    }
    expiry::enforce(cat).await?;
    let reader = cat.store.reader();
    let sources: HashMap<_, _> = find::all(&reader).await?.into_iter().map(|source| (source.id, source)).collect();
    let mut granted = Vec::new();
    for id in known {
        let state = match sources.get(&id) {
            Some(source) => find::standing(&reader, source).await?,
            None => None,
        };
        match state {
            Some(GrantState::Approved) => granted.push(id),
            _ if !sources.contains_key(&id) => client.remove(id),
            _ => client.forget(id),
        }
    }
    // Each answers within its own time; one that hangs holds up no more than the next round.
    join_all(granted.into_iter().map(|id| client.check(id))).await;
    Ok(())
}
