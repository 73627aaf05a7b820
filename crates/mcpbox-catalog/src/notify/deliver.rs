//! What is due is sent: news is gathered for a moment and told as one message, what was decided meanwhile is not told, and
//! nobody is told more than once a minute.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mcpbox_core::{
    event::LiveEvent,
    ids::MessageId,
    notification::{DeliveryOutcome, DeliveryReport, Notice, NoticeEvent},
    review::{Review, ReviewState},
};
use mcpbox_egress::Broker;
use mcpbox_store::{
    StoreError,
    notifications::{self, Attempt, Claim, Delivery},
    reviews,
};

use super::{
    backoff::{ATTEMPTS_MAX, wait},
    message::{About, Alerts, Message},
    send::{Sent, Verdict, send},
};
use crate::{Catalog, CatalogError};

/// How long news is gathered before it is told.
const GATHER: TimeDelta = TimeDelta::seconds(10);
/// Two messages to one target are at least so far apart.
const APART: TimeDelta = TimeDelta::minutes(1);
/// How long a message is ours once we took it. Longer than any attempt takes.
const CLAIM: TimeDelta = TimeDelta::seconds(60);

/// Sends everything that is due now to all targets, and comes back when that is done.
///
/// # Errors
/// The store cannot be read.
pub async fn deliver_due(cat: &Arc<Catalog>) -> Result<(), CatalogError> {
    let Some(broker) = cat.broker.get() else { return Ok(()) };
    let (reader, now) = (cat.store.reader(), cat.clock.now());
    let deliveries = notifications::deliveries(&reader).await?;
    if deliveries.is_empty() {
        return Ok(());
    }
    let latest = notifications::latest(&reader).await?;
    let due = deliveries.into_iter().filter(|seen| seen.told < latest && may_send(seen, now));
    let all = due.map(|seen| async move {
        if let Err(error) = deliver(cat, broker, &seen, now).await {
            tracing::warn!(%error, target.id = %seen.target.id, "a notification could not be worked on; tried again soon");
        }
    });
    join_all(all).await;
    Ok(())
}

/// Whether nobody is at it, and nothing has to be waited for.
fn may_send(seen: &Delivery, now: DateTime<Utc>) -> bool {
    seen.leased_until.is_none_or(|until| until <= now) && seen.next_at.is_none_or(|next| next <= now)
}

async fn deliver(
    cat: &Arc<Catalog>,
    broker: &Arc<Broker>,
    seen: &Delivery,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    let notices = notifications::after(&cat.store.reader(), seen.told, seen.message.map(|(_, until)| until)).await?;
    let Some(last) = notices.last().map(|notice| notice.sequence) else { return Ok(()) };
    let wanted: Vec<&Notice> = notices.iter().filter(|notice| seen.target.events.contains(&notice.event)).collect();
    if seen.message.is_none() && must_gather(seen, &wanted, now) {
        return Ok(());
    }
    let Some(about) = news(cat, &wanted).await? else { return skip(cat, seen, last, now).await };
    let (message, until) = seen.message.unwrap_or_else(|| (MessageId::generate(), last));
    let attempt = seen.attempts + 1;
    let claim = Claim { target: seen.target.id, message, until, attempt, expires_at: now + CLAIM };
    if !take(cat, seen, &claim, now).await? {
        return Ok(());
    }
    let at = wanted.first().map_or(now, |notice| notice.created_at);
    let message = Message { id: message, about, link: link(cat, about), at };
    let sent = match notifications::unseal(&cat.store.reader(), seen.target.id).await {
        Ok(Some(endpoint)) => send(broker, (seen.target.kind, &endpoint), &message, now).await,
        Ok(None) => return Ok(()), // deleted a moment ago
        Err(error) => unopened(seen, &error),
    };
    finish(cat, seen, &claim, sent).await
}

/// Whether more may come, or the last message was a moment ago.
fn must_gather(seen: &Delivery, wanted: &[&Notice], now: DateTime<Utc>) -> bool {
    let gathers = wanted.first().is_some_and(|first| first.created_at + GATHER > now);
    gathers || seen.delivered_at.is_some_and(|before| before + APART > now)
}

/// What there still is to tell: all that waits when some of it is new, and what rules approved.
async fn news(cat: &Catalog, wanted: &[&Notice]) -> Result<Option<About>, CatalogError> {
    let reader = cat.store.reader();
    let open = match wanted.iter().any(|notice| notice.event == NoticeEvent::ReviewWaiting) {
        true => reviews::open_all(&reader).await?,
        false => Vec::new(),
    };
    let is_new = |review: &Review| {
        wanted.iter().any(|notice| notice.event == NoticeEvent::ReviewWaiting && notice.review_id == Some(review.id))
    };
    let highest = open.iter().map(|review| review.risk).max();
    let waiting = highest.filter(|_| open.iter().any(is_new)).map(|risk| (open.len(), risk));
    let (mut approved, mut alerts) = (0, Alerts::default());
    for notice in wanted.iter().filter(|notice| notice.event != NoticeEvent::ReviewWaiting) {
        let Some(review_id) = notice.review_id else {
            alerts.note(notice.event, notice.is_over);
            continue;
        };
        let review = reviews::by_id(&reader, review_id).await?;
        approved += usize::from(review.is_some_and(|review| review.state == ReviewState::Approved));
    }
    let is_something = waiting.is_some() || approved > 0 || !alerts.is_empty();
    Ok(is_something.then_some(About::News { waiting, approved, alerts }))
}

fn link(cat: &Catalog, about: About) -> String {
    match about {
        About::News { waiting: None, .. } => cat.admin_page(""),
        _ => cat.admin_page("approvals"),
    }
}

async fn take(cat: &Catalog, seen: &Delivery, claim: &Claim, now: DateTime<Utc>) -> Result<bool, CatalogError> {
    let tx = cat.store.begin().await?;
    let is_ours = notifications::claim(&tx, seen, claim, now).await?;
    tx.commit().await?;
    Ok(is_ours)
}

/// All of it was decided before anybody was told.
async fn skip(cat: &Catalog, seen: &Delivery, told: i64, now: DateTime<Utc>) -> Result<(), CatalogError> {
    let tried = seen.target.last.clone().filter(|last| last.outcome == DeliveryOutcome::Retrying);
    let given_up = tried.map(|last| DeliveryReport {
        outcome: DeliveryOutcome::GaveUp,
        said: format!("{}; all of it was decided before the next attempt", last.said),
        next_at: None,
        ..last
    });
    let tx = cat.store.begin().await?;
    notifications::skip(&tx, seen, told, given_up.as_ref(), now).await?;
    tx.commit().await?;
    if given_up.is_some() {
        cat.records.news().tell(vec![LiveEvent::NotificationsChanged]).await;
    }
    Ok(())
}

/// An address that cannot be decrypted will not be at the next attempt either.
fn unopened(seen: &Delivery, error: &StoreError) -> Sent {
    tracing::error!(%error, target.id = %seen.target.id, "the address of a notification target cannot be opened; enter it again");
    let said = "its address cannot be decrypted; enter it again, or restore a backup".to_owned();
    Sent { verdict: Verdict::Never, status: None, said }
}

async fn finish(cat: &Catalog, seen: &Delivery, claim: &Claim, sent: Sent) -> Result<(), CatalogError> {
    let now = cat.clock.now();
    let (outcome, next_at) = match sent.verdict {
        Verdict::Delivered => (DeliveryOutcome::Delivered, None),
        Verdict::Later(asked) if claim.attempt < ATTEMPTS_MAX => {
            (DeliveryOutcome::Retrying, Some(now + wait(claim.attempt, rand::random(), asked)))
        }
        Verdict::Later(_) | Verdict::Never => (DeliveryOutcome::GaveUp, None),
    };
    if outcome == DeliveryOutcome::GaveUp {
        tracing::error!(
            target.id = %seen.target.id, target.host = seen.target.host, attempts = claim.attempt,
            "a notification was given up; look at Settings, Notifications, and press Test"
        );
    }
    let report = DeliveryReport { at: now, outcome, attempts: claim.attempt, said: sent.said, next_at };
    let is_delivered = outcome == DeliveryOutcome::Delivered;
    let attempt = Attempt { report, is_over: outcome != DeliveryOutcome::Retrying, is_delivered };
    let tx = cat.store.begin().await?;
    notifications::finish(&tx, claim, &attempt).await?;
    tx.commit().await?;
    cat.records.news().tell(vec![LiveEvent::NotificationsChanged]).await;
    Ok(())
}
