//! Remote access: clients that wait for a human, clients that are known, and what was authorised.

pub(crate) mod authorizations;
pub(crate) mod clients;
pub(crate) mod requests;
