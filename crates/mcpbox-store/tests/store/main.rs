//! The store's functions, each on SQLite and on PostgreSQL.

#![cfg(test)]

mod accounts;
mod audit;
mod backups;
mod bundles;
mod calls;
mod cloudflare;
mod concurrency;
mod encryption;
mod grants;
mod keys;
mod log;
mod making;
mod notifications;
mod oauth;
mod opening;
mod packages;
mod reviewing;
mod source_logins;
mod tasks;
mod tools;
mod upgrade;
mod versions;

use mcpbox_testing as database;
