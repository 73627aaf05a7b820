//! OpenAPI documents of other services that become tools. The document of this API is in `document`.

pub(crate) mod import;
pub(crate) mod look;
