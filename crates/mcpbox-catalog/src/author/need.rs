//! What a version needs and does not have, as an author is told.

use mcpbox_core::{capability::Capability, failure::NextCall};
use serde::Serialize;

/// Something the code needs and does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Need {
    /// What.
    pub capability: Capability,
    /// Whether it was asked for already.
    pub state: NeedState,
    /// Where the code shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The call that asks for it alone; `mcpbox_request_publish` asks for all by itself.
    pub request: NextCall,
}

/// Where a need stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NeedState {
    /// Nobody has asked for it.
    NotRequested,
    /// It waits for a human.
    Pending,
    /// A human refused it.
    Rejected,
    /// It was granted until a time that is over.
    Expired,
}
