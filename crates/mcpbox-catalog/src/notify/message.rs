//! What a message says: numbers, the highest risk and a link, in our own words. Nothing in it was written by an LLM.

use chrono::{DateTime, Utc};
use mcpbox_core::{ids::MessageId, review::Risk};

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
    },
    /// That somebody pressed the button.
    Test,
}

impl Message {
    /// Which sort, for programs.
    pub(super) fn kind(&self) -> &'static str {
        match self.about {
            About::News { waiting: Some(_), .. } => "review.waiting",
            About::News { waiting: None, .. } => "rule.approved",
            About::Test => "test",
        }
    }

    /// A few words.
    pub(super) fn title(&self) -> String {
        match self.about {
            About::News { waiting: Some((1, _)), .. } => "A tool waits for you".to_owned(),
            About::News { waiting: Some((count, _)), .. } => format!("{count} tools wait for you"),
            About::News { waiting: None, .. } => "A rule approved something".to_owned(),
            About::Test => "MCPbox can reach you".to_owned(),
        }
    }

    /// A sentence or two, without the link.
    pub(super) fn text(&self) -> String {
        let News { waiting, approved } = match self.about {
            About::Test => return "This is a test of MCPbox: when a tool waits for you, you are told here.".to_owned(),
            About::News { waiting, approved } => News { waiting, approved },
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
        waits.into_iter().chain(decided).collect::<Vec<_>>().join(" ")
    }

    /// Reviews that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waits().map_or(0, |(count, _)| count)
    }

    /// The highest risk among them.
    pub(super) fn risk(&self) -> Option<Risk> {
        self.waits().map(|(_, risk)| risk)
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
