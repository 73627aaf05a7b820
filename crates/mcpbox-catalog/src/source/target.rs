//! A source made ready to be reached, and a call of one of its tools: the grant was checked, the secret is unsealed for it.

use std::sync::Arc;

use futures::future::OptionFuture;
use mcpbox_core::{
    execute::{Execution, Observed, Observer, Outcome, UnsealedSecret},
    failure::{Failure, FailureKind},
    ids::{ServerId, SourceId},
    secret::SecretMode,
    source::{ExternalSource, SourceAuth, SourceCall, SourceRule, SourceTarget},
    source_login::AccessTokens,
};
use mcpbox_store::{secrets, source_logins::StoredLogin};

use super::{
    Pinned, contact, definition, program,
    tokens::{self, Access},
};
use crate::{Catalog, CatalogError, PublishedTool, record::OpenRecord};

/// The target of a source that a human let us reach.
pub(super) async fn target(cat: &Catalog, source: &ExternalSource) -> Result<SourceTarget, CatalogError> {
    Ok(unsealed(cat, source.server_id, source.id, &source.rule()).await?)
}

async fn unsealed(cat: &Catalog, server: ServerId, id: SourceId, rule: &SourceRule) -> Result<SourceTarget, Failure> {
    let mut secrets = Vec::new();
    for key in rule.secrets() {
        let reader = cat.store.reader();
        let opened = Box::pin(secrets::unseal(&reader, server, std::slice::from_ref(key))).await;
        let opened = opened.map_err(|error| CatalogError::from(error).into_failure())?;
        let page = cat.admin_page(&format!("servers/{server}"));
        let Some((secret, value)) = opened.into_iter().next() else {
            let message =
                format!("the secret {key}, with which the source '{}' is reached, has no value yet", rule.name);
            let hint = format!("ask the human to set it at {page}; never ask for a value in the chat");
            return Err(Failure::new(FailureKind::SecretMissing, message).hint(hint).human(page));
        };
        // Whatever tool code may see of it: over HTTP it goes to the hosts that it is bound to, and nowhere else.
        let mode = if rule.program.is_some() { SecretMode::Revealed } else { SecretMode::Sealed };
        if rule.program.is_some() {
            program::check_revealed(&secret, &rule.name, page)?;
        }
        secrets.push(UnsealedSecret { key: secret.key, value, mode, hosts: secret.hosts });
    }
    let login = match rule.auth {
        SourceAuth::Oauth => Some(Box::pin(access(cat, server, id, rule)).await?),
        _ => None,
    };
    Ok(SourceTarget { id, rule: rule.clone(), secrets, login })
}

/// The tokens of a login that works, as far as is known: nothing is contacted without one.
async fn access(
    cat: &Catalog,
    server: ServerId,
    source: SourceId,
    rule: &SourceRule,
) -> Result<Arc<dyn AccessTokens>, Failure> {
    let page = cat.admin_page(&format!("servers/{server}/sources"));
    let login = tokens::current(cat, source).await.map_err(CatalogError::into_failure)?;
    let Some(StoredLogin { facts, tokens: Some(_), .. }) = login else {
        return Err(tokens::needed(&rule.name, &page, None));
    };
    let back = cat.logins.cat.get().cloned().unwrap_or_default();
    let access = Access { cat: back, source, name: rule.name.clone(), page, since: facts.at };
    access.current().await?;
    Ok(Arc::new(access))
}

/// Why there was no answer, where that is the login's end: whoever called can do something about that.
pub(super) async fn explained(failure: Failure, login: Option<&dyn AccessTokens>) -> Failure {
    match login {
        Some(login) if failure.kind == FailureKind::Unavailable => login.current().await.err().unwrap_or(failure),
        _ => failure,
    }
}

/// Runs a call of an external tool, which was authorised and whose arguments were checked.
pub(crate) async fn run(
    cat: &Catalog,
    (tool, pinned): (&PublishedTool, &Arc<Pinned>),
    execution: Execution,
    observer: Arc<dyn Observer>,
    record: &mut OpenRecord,
) -> Outcome {
    let refused = |failure| Outcome { result: Err(failure), stdout: String::new(), observed: Observed::default() };
    let Some(rule) = definition::rule(&tool.compiled.version.content) else {
        return refused(Failure::new(FailureKind::NotLive, "it names no source"));
    };
    let client = match super::client(cat) {
        Ok(client) => client,
        Err(error) => return refused(error.into_failure()),
    };
    let target = match unsealed(cat, tool.server_id, pinned.source_id, rule).await {
        Ok(target) => target,
        Err(failure) => return refused(failure),
    };
    target.secrets.iter().for_each(|secret| record.scrub(&secret.value));
    let login = target.login.clone();
    if let Some(Ok(token)) = OptionFuture::from(login.as_ref().map(|login| login.current())).await {
        record.scrub(&token);
    }
    let observed = target.secrets.iter().map(|secret| secret.key.clone()).collect();
    let call = SourceCall { tool: Arc::clone(&pinned.tool), arguments: execution.arguments, limits: execution.limits };
    let mut outcome = client.call(target, call, observer).await;
    if let Err(failure) = outcome.result {
        outcome.result = Err(Box::pin(explained(failure, login.as_deref())).await);
    }
    let failed = outcome.result.as_ref().err().map(|failure| failure.kind);
    contact::note(cat, (tool.server_id, pinned.source_id), failed);
    outcome.observed.secrets = observed;
    outcome
}
