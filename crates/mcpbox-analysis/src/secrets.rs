//! Secrets: which keys the code reads from the global mapping `secrets`.

use std::collections::HashSet;

use mcpbox_core::name::SecretKey;
use ruff_python_ast::{CmpOp, Expr, ExprCall, ExprCompare, ExprSubscript};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::{SecretUse, finding::Report, literal, source::Source, symbols::Symbols};

/// Keys that are kept.
const MAX_KEYS: usize = 200;

/// Collects keys, once each.
#[derive(Default)]
pub(crate) struct Secrets {
    order: Vec<(String, TextSize)>,
    seen: HashSet<String>,
    /// Where the mapping stands as `secrets[…]`, `secrets.get(…)` or `… in secrets`.
    reads: HashSet<TextSize>,
}

impl Secrets {
    /// `secrets["KEY"]`
    pub(crate) fn subscript(&mut self, subscript: &ExprSubscript, symbols: &Symbols<'_>, report: &mut Report) {
        if is_mapping(&subscript.value, symbols) {
            self.reads.insert(subscript.value.start());
            self.key(&subscript.slice, symbols, report);
        }
    }

    /// `secrets.get("KEY")`
    pub(crate) fn call(&mut self, call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
        let Expr::Attribute(method) = &*call.func else { return };
        if method.attr.as_str() == "get"
            && is_mapping(&method.value, symbols)
            && let Some(key) = call.arguments.args.first()
        {
            self.reads.insert(method.value.start());
            self.key(key, symbols, report);
        }
    }

    /// `"KEY" in secrets`
    pub(crate) fn compare(&mut self, compare: &ExprCompare, symbols: &Symbols<'_>, report: &mut Report) {
        let ([CmpOp::In | CmpOp::NotIn], [right]) = (&*compare.ops, &*compare.comparators) else { return };
        if is_mapping(right, symbols) {
            self.reads.insert(right.start());
            self.key(&compare.left, symbols, report);
        }
    }

    /// Uses of the mapping as a whole: who loops over it or hands it on can reach every secret of the server.
    pub(crate) fn check_whole(&self, uses: &[TextRange], symbols: &Symbols<'_>, report: &mut Report) {
        if symbols.imports.contains_key("secrets") {
            return;
        }
        for at in uses.iter().filter(|at| !self.reads.contains(&at.start())) {
            report.danger(
                "secret_enumeration",
                *at,
                "the secrets are used as a whole here, not one by its key",
                "Read only the keys the tool needs: secrets[\"API_KEY\"].",
            );
        }
    }

    /// The keys with their lines.
    pub(crate) fn finish(self, source: &Source<'_>) -> Vec<SecretUse> {
        self.order.into_iter().map(|(key, offset)| SecretUse { key, line: source.line(offset) }).collect()
    }

    fn key(&mut self, expr: &Expr, symbols: &Symbols<'_>, report: &mut Report) {
        let Some(key) = literal::text(expr, symbols) else {
            report.warning(
                "computed_secret",
                expr,
                "the key of this secret is computed, so that no need can be derived",
                "Write the key as a literal: secrets[\"API_KEY\"].",
            );
            return;
        };
        if let Err(error) = SecretKey::parse(&key) {
            report.warning(
                "bad_secret_key",
                expr,
                error.to_string(),
                "Make the secret with mcpbox_create_server_secret and use its key here.",
            );
        }
        if key.len() <= 200 && self.order.len() < MAX_KEYS && self.seen.insert(key.clone()) {
            self.order.push((key, expr.range().start()));
        }
    }
}

/// Whether the expression is the global mapping and not the module of the same name.
pub(crate) fn is_mapping(expr: &Expr, symbols: &Symbols<'_>) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == "secrets") && !symbols.imports.contains_key("secrets")
}
