//! The decision log: how long each admin looks before deciding, how often too short, and what was taken back later. All of it
//! comes from the audit chain, so it cannot say other than what is recorded there.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{audit::AuditEvent, principal::ActorKind};
use mcpbox_store::audit;
use serde::Serialize;
use serde_json::Value;

use crate::{Catalog, CatalogError};

/// Longest time looked back, days.
const DAYS_MAX: i64 = 365;
/// Most events looked at.
const EVENTS_MAX: usize = 20_000;
/// A decision faster than this was hardly a look, seconds.
const HASTY_SECONDS: f64 = 5.0;
/// Events that say what became of reviews.
const ACTIONS: [&str; 4] = ["review.look", "review.approve", "review.reject", "review.revoke"];

/// How reviews were decided.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionLog {
    /// Decisions since then.
    pub since: DateTime<Utc>,
    /// By admin, in the order of their names.
    pub admins: Vec<AdminDecisions>,
    /// What rules approved.
    pub automatic: AutomaticDecisions,
    /// Whether there were more events than are looked at: then the oldest count.
    pub is_cut: bool,
}

/// How one admin decides.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminDecisions {
    /// Their name.
    pub admin: String,
    /// How many they approved.
    pub approved: u64,
    /// How many they sent back.
    pub rejected: u64,
    /// Half of their decisions came sooner after the first look at exactly that bundle, seconds; none without a look.
    pub median_review_seconds: Option<f64>,
    /// The share of those that came within five seconds, 0 to 1.
    pub hasty_share: Option<f64>,
    /// Decisions on a bundle that they never opened, for instance with the command line.
    pub without_look: u64,
    /// Approvals of theirs that were taken back later, by anybody.
    pub revoked_later: u64,
}

/// What rules approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AutomaticDecisions {
    /// How many.
    pub approved: u64,
    /// How many of them were taken back later.
    pub revoked_later: u64,
}

/// The decision log of the last `days` (1 to 365).
///
/// # Errors
/// The store cannot be read.
pub async fn decision_log(cat: &Catalog, days: i64) -> Result<DecisionLog, CatalogError> {
    let since = cat.clock.now() - TimeDelta::days(days.clamp(1, DAYS_MAX));
    let moment = cat.store.moment().await?;
    let mut tally = Tally::default();
    let (mut after, mut seen) = (0, 0);
    loop {
        let events = audit::walk(&moment, &ACTIONS, Some(since), after).await?;
        let Some(last) = events.last() else { break };
        after = last.sequence;
        seen += events.len();
        events.iter().for_each(|event| tally.add(event));
        if seen >= EVENTS_MAX {
            break;
        }
    }
    let (admins, automatic) = tally.finish();
    Ok(DecisionLog { since, admins, automatic, is_cut: seen >= EVENTS_MAX })
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    /// First look of an admin at a bundle: (admin, subject, content hash).
    looks: HashMap<(String, String, String), DateTime<Utc>>,
    /// Who approved a review, none for a rule; by subject.
    approvals: HashMap<String, Option<String>>,
    admins: BTreeMap<String, (AdminDecisions, Vec<f64>)>,
    automatic: AutomaticDecisions,
}

impl Tally {
    fn add(&mut self, event: &AuditEvent) {
        match event.action.as_str() {
            "review.look" => {
                self.looks.entry(key(event)).or_insert(event.at);
            }
            "review.approve" | "review.reject" if event.actor.kind == ActorKind::Admin => self.decided(event),
            "review.approve.rule" => {
                self.automatic.approved += 1;
                self.approvals.insert(event.subject.clone(), None);
            }
            "review.revoke" => match self.approvals.remove(&event.subject) {
                Some(Some(admin)) => self.of(&admin).0.revoked_later += 1,
                Some(None) => self.automatic.revoked_later += 1,
                None => {}
            },
            _ => {}
        }
    }

    fn decided(&mut self, event: &AuditEvent) {
        let looked = self.looks.get(&key(event)).copied();
        let admin = event.actor.name.clone();
        let (counts, seconds) = self.of(&admin);
        match looked {
            Some(at) => seconds.push((event.at - at).as_seconds_f64()),
            None => counts.without_look += 1,
        }
        if event.action == "review.approve" {
            counts.approved += 1;
            self.approvals.insert(event.subject.clone(), Some(admin));
        } else {
            counts.rejected += 1;
        }
    }

    fn of(&mut self, admin: &str) -> &mut (AdminDecisions, Vec<f64>) {
        let empty = || (AdminDecisions { admin: admin.to_owned(), ..AdminDecisions::default() }, Vec::new());
        self.admins.entry(admin.to_owned()).or_insert_with(empty)
    }

    fn finish(self) -> (Vec<AdminDecisions>, AutomaticDecisions) {
        let admins = self.admins.into_values().map(|(counts, mut seconds)| {
            seconds.sort_by(f64::total_cmp);
            let hasty = seconds.iter().filter(|taken| **taken < HASTY_SECONDS).count();
            AdminDecisions {
                median_review_seconds: median(&seconds),
                hasty_share: (!seconds.is_empty()).then(|| share(hasty, seconds.len())),
                ..counts
            }
        });
        (admins.collect(), self.automatic)
    }
}

fn key(event: &AuditEvent) -> (String, String, String) {
    let hash = event.detail.get("content_hash").and_then(Value::as_str).unwrap_or_default();
    (event.actor.name.clone(), event.subject.clone(), hash.to_owned())
}

/// The middle of sorted values; of an even number, the mean of the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

fn share(part: usize, all: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    number(part) / number(all)
}
