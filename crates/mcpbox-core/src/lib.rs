//! The vocabulary and the rules of MCPbox: what a server, a tool, a version, a grant and a review are, and which
//! steps between their states exist. Pure: no I/O, no clock of its own, no async runtime.

pub mod ask;
pub mod audit;
pub mod bearer;
pub mod call;
pub mod capability;
pub mod clock;
pub mod cloudflare;
pub mod event;
pub mod execute;
pub mod failure;
pub mod front;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod grant;
pub mod hash;
pub mod ids;
pub mod name;
pub mod notification;
pub mod oauth;
pub mod oidc;
pub mod package;
pub mod paging;
pub mod peers;
pub mod principal;
pub mod program;
pub mod proxies;
pub mod regression;
pub mod review;
pub mod secret;
pub mod server;
pub mod settings;
pub mod source;
pub mod source_login;
pub mod task;
pub mod token;
pub mod tool;
pub mod uri;
pub mod user;
pub mod version;
