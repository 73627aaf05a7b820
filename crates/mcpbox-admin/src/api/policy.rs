//! The graded policy: what rules approved, and what they would approve. Switching them is part of the settings.

pub(crate) mod list_decisions;
pub(crate) mod preview;

use serde::Deserialize;
use utoipa::IntoParams;

/// How far to look back.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysQuery {
    /// Days, 1 to 365; 30 unless given.
    #[param(minimum = 1, maximum = 365)]
    days: Option<i64>,
}

impl DaysQuery {
    /// As the catalog wants it.
    pub(crate) fn days(self) -> i64 {
        self.days.unwrap_or(30)
    }
}
