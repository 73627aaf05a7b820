//! The login session of a human.

pub(crate) mod change_password;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod show;
