//! What makes a reviewer careful: shapes of code that attacks and slips have in common, and where secrets, arguments and
//! answers go. It helps a human to look at the right line. It is no wall: who wants to hide from it can, and what holds
//! then is the jail and the broker.

mod commands;
mod constant;
mod credentials;
mod entropy;
mod files;
mod flow;
mod loops;
mod obfuscation;
mod patterns;
mod questions;
mod resources;
mod shadows;
mod shapes;
mod time;
mod transport;
pub(crate) mod words;

use ruff_python_ast::{ModModule, token::Token};

use crate::{SecretFlow, finding::Report, source::Source, symbols::Symbols, walk::Facts};

/// Runs all rules; gives where secrets go.
pub(crate) fn check<'a>(
    tokens: &[Token],
    module: &'a ModModule,
    source: &Source<'_>,
    symbols: &Symbols<'a>,
    facts: &Facts<'a>,
    report: &mut Report,
) -> Vec<SecretFlow> {
    obfuscation::check_tokens(tokens, source, report);
    shapes::check(module, source, symbols, facts, report);
    flow::follow(module, source, symbols, facts, report)
}

pub(crate) use commands::check_module;
