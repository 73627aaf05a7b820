//! The login session of a human, and the ways to one.

pub(crate) mod change_password;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod oidc;
pub(crate) mod passkey;
pub(crate) mod second;
pub(crate) mod show;
pub(crate) mod ways;
