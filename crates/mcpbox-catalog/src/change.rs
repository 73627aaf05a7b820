//! A write: one transaction that acts, audits and announces, and then becomes visible as a whole. Once the commit has
//! begun it is finished in a task of its own, so that a client that goes away cannot leave the snapshot behind.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    audit::AuditEntry,
    event::LiveEvent,
    grant::GrantScope,
    ids::{ServerId, ToolId},
    principal::{Actor, ActorKind},
};
use mcpbox_store::{Tx, audit, outbox};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Caller, Catalog, CatalogError, Snapshot, follow, packages};

/// What a change touches of what is kept in memory.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Touched {
    pub(crate) servers: Vec<ServerId>,
    pub(crate) tools: Vec<ToolId>,
    pub(crate) grants: Vec<GrantScope>,
    pub(crate) settings: bool,
    pub(crate) resolutions: bool,
    pub(crate) tokens: bool,
}

impl Touched {
    /// All of both.
    pub(crate) fn add(&mut self, other: Self) {
        self.servers.extend(other.servers);
        self.tools.extend(other.tools);
        self.grants.extend(other.grants);
        self.settings |= other.settings;
        self.resolutions |= other.resolutions;
        self.tokens |= other.tokens;
    }
}

/// A write that is under way.
pub(crate) struct Change {
    cat: Arc<Catalog>,
    pub(crate) tx: Tx,
    pub(crate) actor: Actor,
    pub(crate) now: DateTime<Utc>,
    touched: Touched,
    events: Vec<LiveEvent>,
    kinds: Vec<&'static str>,
}

impl Change {
    /// Begins a write in the name of `actor`. Clients are refused while the room on the disk is low.
    pub(crate) async fn begin(cat: &Arc<Catalog>, actor: Actor) -> Result<Self, CatalogError> {
        if actor.kind == ActorKind::Llm {
            cat.check_room()?;
        }
        Self::begin_withdrawing(cat, actor).await
    }

    /// Begins a write that adds nothing to speak of, so that clients may do it at any time: to delete, to start, to stop.
    pub(crate) async fn begin_withdrawing(cat: &Arc<Catalog>, actor: Actor) -> Result<Self, CatalogError> {
        let tx = cat.store.begin().await?;
        let now = cat.clock.now();
        let (touched, events, kinds) = (Touched::default(), Vec::new(), Vec::new());
        Ok(Self { cat: cat.clone(), tx, actor, now, touched, events, kinds })
    }

    /// What is published now, before this write.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.cat.snapshot()
    }

    /// Begins a write of somebody who may use the management tools.
    pub(crate) async fn by_author(cat: &Arc<Catalog>, who: Caller<'_>) -> Result<Self, CatalogError> {
        who.check_author()?;
        Self::begin(cat, who.actor()).await
    }

    /// Writes the audit row of what is being done. What is done to an account shows on every page that has it.
    pub(crate) async fn audit(
        &mut self,
        action: &'static str,
        subject: String,
        detail: Value,
    ) -> Result<(), CatalogError> {
        if subject.starts_with("user:") {
            self.tell(LiveEvent::SessionsChanged);
        }
        let entry = AuditEntry { actor: self.actor.clone(), action, subject, detail };
        audit::append(&self.tx, entry, self.now).await?;
        self.kinds.push(action);
        Ok(())
    }

    /// A server was made, changed or deleted.
    pub(crate) fn touch_server(&mut self, id: ServerId) {
        self.touched.servers.push(id);
        self.tell(LiveEvent::ServerChanged { server_id: id });
    }

    /// A tool was made, changed or deleted.
    pub(crate) fn touch_tool(&mut self, id: ToolId) {
        self.touched.tools.push(id);
        self.tell(LiveEvent::ToolChanged { tool_id: id });
    }

    /// Grants of a scope changed.
    pub(crate) fn touch_grants(&mut self, scope: GrantScope) {
        self.touched.grants.push(scope);
        self.tell(LiveEvent::GrantsChanged);
    }

    /// The settings changed.
    pub(crate) fn touch_settings(&mut self) {
        self.touched.settings = true;
        self.tell(LiveEvent::SettingsChanged);
    }

    /// A resolution of packages was asked for, ended or is tried again.
    pub(crate) fn touch_resolutions(&mut self) {
        self.touched.resolutions = true;
        self.tell(LiveEvent::GrantsChanged);
    }

    /// A personal access token was made or revoked.
    pub(crate) fn touch_tokens(&mut self) {
        self.touched.tokens = true;
        self.tell(LiveEvent::AccessChanged);
    }

    /// Tells the listeners once all is visible.
    pub(crate) fn tell(&mut self, event: LiveEvent) {
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    /// Whether anything was audited, so that there is something to commit.
    pub(crate) fn has_done_something(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// Undoes everything, for a trial.
    pub(crate) async fn undo(self) -> Result<(), CatalogError> {
        Ok(self.tx.rollback().await?)
    }

    /// Makes the write durable and visible.
    pub(crate) async fn commit(self) -> Result<(), CatalogError> {
        if self.kinds.is_empty() {
            return Err(CatalogError::internal("a write without an audit row"));
        }
        let Self { cat, tx, now, touched, events, kinds, .. } = self;
        let told = follow::Told { from: cat.process, kinds: &kinds, touched: &touched, events: &events };
        outbox::insert(&tx, follow::KIND, &told.payload()?, now).await?;
        let finish = {
            let cat = cat.clone();
            async move {
                tx.commit().await?;
                let list_changed = cat.refresh(&touched).await.inspect_err(|_| cat.read_until_current())?;
                packages::ensure(&cat);
                events.into_iter().for_each(|event| cat.emit(event));
                if list_changed {
                    cat.emit(LiveEvent::ToolListChanged);
                }
                Ok(())
            }
        };
        match cat.tasks.spawn(finish).await {
            Ok(done) => done,
            Err(lost) => Err(CatalogError::internal(lost)),
        }
    }
}
