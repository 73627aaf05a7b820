//! Remote access, one file a table: clients, their requests, what humans authorised, and the tokens of that.

pub mod authorizations;
pub mod clients;
pub mod requests;
pub mod tokens;
pub mod waiting;
