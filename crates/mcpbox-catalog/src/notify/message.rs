//! What a message says: numbers, the highest risk and a link, in our own words. Nothing in it was written by an LLM.

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::MessageId, notification::NoticeEvent, review::Risk};

use crate::observe::alerts::sentence;

/// A message, before it takes the form of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The same in all attempts.
    pub(super) id: MessageId,
    pub(super) about: About,
    /// Where a human looks at it.
    pub(super) link: String,
    /// When it happened.
    pub(super) at: DateTime<Utc>,
}

/// What it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// That something happened since the last message.
    News {
        /// Reviews that wait for a human, and the highest risk among them; none when nothing new waits.
        waiting: Option<(usize, Risk)>,
        /// What rules approved since.
        approved: usize,
        /// What went wrong, or is well again.
        alerts: Alerts,
    },
    /// That somebody pressed the button.
    Test,
}

/// How alerts changed, at most once each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Alerts([Option<bool>; NoticeEvent::ALERTS.len()]);

impl Alerts {
    /// Takes what happened last to an alert; nothing else changes anything.
    pub(super) fn note(&mut self, event: NoticeEvent, is_over: bool) {
        let places = NoticeEvent::ALERTS.iter().zip(&mut self.0);
        if let Some((_, place)) = places.into_iter().find(|(alert, _)| **alert == event) {
            *place = Some(is_over);
        }
    }

    /// What changed, and whether it is over.
    pub(super) fn changes(self) -> impl Iterator<Item = (NoticeEvent, bool)> {
        NoticeEvent::ALERTS.into_iter().zip(self.0).filter_map(|(event, is_over)| Some((event, is_over?)))
    }

    fn began(self) -> usize {
        self.changes().filter(|(_, is_over)| !is_over).count()
    }

    pub(super) fn is_empty(self) -> bool {
        self.changes().next().is_none()
    }
}

impl Message {
    /// Which sort, for programs.
    pub(super) fn kind(&self) -> &'static str {
        match self.about {
            About::News { alerts, .. } if alerts.began() > 0 => "alert.began",
            About::News { waiting: Some(_), .. } => "review.waiting",
            About::News { alerts, .. } if !alerts.is_empty() => "alert.over",
            About::News { waiting: None, .. } => "rule.approved",
            About::Test => "test",
        }
    }

    /// A few words.
    pub(super) fn title(&self) -> String {
        match self.about {
            About::News { alerts, .. } if alerts.began() > 0 => "MCPbox needs you".to_owned(),
            About::News { waiting: Some((1, _)), .. } => "A tool waits for you".to_owned(),
            About::News { waiting: Some((count, _)), .. } => format!("{count} tools wait for you"),
            About::News { alerts, .. } if !alerts.is_empty() => "MCPbox is well again".to_owned(),
            About::News { waiting: None, .. } => "A rule approved something".to_owned(),
            About::Test => "MCPbox can reach you".to_owned(),
        }
    }

    /// A sentence or two, without the link.
    pub(super) fn text(&self) -> String {
        let News { waiting, approved, alerts } = match self.about {
            About::Test => return "This is a test of MCPbox: when a tool waits for you, you are told here.".to_owned(),
            About::News { waiting, approved, alerts } => News { waiting, approved, alerts },
        };
        let waits = waiting.map(|(count, risk)| match count {
            1 => format!("MCPbox: a tool waits for your decision (risk: {}).", word(risk)),
            _ => format!("MCPbox: {count} tools wait for your decision (highest risk: {}).", word(risk)),
        });
        let decided = match approved {
            0 => None,
            1 => Some("A rule of MCPbox approved an update of a tool; you can take that back.".to_owned()),
            _ => Some(format!("Rules of MCPbox approved {approved} updates of tools; you can take that back.")),
        };
        let alerts = alerts.changes().map(|(event, is_over)| match is_over {
            false => sentence(event).to_owned(),
            true => format!("Over: {}", over(event)),
        });
        alerts.chain(waits).chain(decided).collect::<Vec<_>>().join(" ")
    }

    /// Reviews that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waits().map_or(0, |(count, _)| count)
    }

    /// The highest risk among them.
    pub(super) fn risk(&self) -> Option<Risk> {
        self.waits().map(|(_, risk)| risk)
    }

    /// How alerts changed.
    pub(super) fn alerts(&self) -> Alerts {
        match self.about {
            About::News { alerts, .. } => alerts,
            About::Test => Alerts::default(),
        }
    }

    /// Whether something is wrong.
    pub(super) fn is_urgent(&self) -> bool {
        self.alerts().began() > 0
    }

    /// What rules approved.
    pub(super) fn approved(&self) -> usize {
        match self.about {
            About::News { approved, .. } => approved,
            About::Test => 0,
        }
    }

    fn waits(&self) -> Option<(usize, Risk)> {
        match self.about {
            About::News { waiting, .. } => waiting,
            About::Test => None,
        }
    }
}

struct News {
    waiting: Option<(usize, Risk)>,
    approved: usize,
    alerts: Alerts,
}

/// What no longer is.
fn over(event: NoticeEvent) -> &'static str {
    match event {
        NoticeEvent::SandboxFailure => "tools run again.",
        NoticeEvent::TierDrop => "the sandbox holds as many layers as before.",
        NoticeEvent::ErrorRate => "calls succeed again.",
        NoticeEvent::DiskFull => "there is room on the disk again.",
        NoticeEvent::BackupFailed => "backups are made again.",
        NoticeEvent::SourceDown => "all sources of tools answer again.",
        NoticeEvent::ToolQuarantined => "no tool is withheld any more.",
        NoticeEvent::ReviewWaiting | NoticeEvent::GrantedGet | NoticeEvent::RuleApproved => "",
    }
}

/// The word that records use for a risk.
pub(super) fn word(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Critical => "critical",
    }
}
