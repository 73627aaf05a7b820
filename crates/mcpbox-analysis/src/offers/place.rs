//! Which functions are decorated with `@prompt` or `@resource`, and whether they stand where the runner finds them.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{
    Decorator, Expr, ModModule, Stmt, StmtFunctionDef,
    statement_visitor::{StatementVisitor, walk_stmt},
};
use ruff_text_size::Ranged;

use crate::{finding::Report, symbols::Symbols};

/// One decorator that makes a function a prompt or a resource.
#[derive(Clone, Copy)]
pub(super) struct Offer<'a> {
    pub(super) is_prompt: bool,
    pub(super) decorator: &'a Decorator,
}

/// Whether clients can have this function run: `main`, a prompt or a resource. Its result goes to the model.
pub(crate) fn is_entry(function: &StmtFunctionDef) -> bool {
    function.name.as_str() == "main" || offers(function).next().is_some()
}

fn offers(function: &StmtFunctionDef) -> impl Iterator<Item = Offer<'_>> {
    function.decorator_list.iter().filter_map(|decorator| {
        let callee = match &decorator.expression {
            Expr::Call(call) => &*call.func,
            other => other,
        };
        let Expr::Name(name) = callee else { return None };
        match name.id.as_str() {
            "prompt" => Some(Offer { is_prompt: true, decorator }),
            "resource" => Some(Offer { is_prompt: false, decorator }),
            _ => None,
        }
    })
}

/// The decorated functions, in order. What the runner would not find is reported instead.
pub(super) fn find<'a>(
    module: &'a ModModule,
    symbols: &Symbols<'_>,
    report: &mut Report,
) -> Vec<(&'a StmtFunctionDef, Offer<'a>)> {
    let mut all = Decorated::default();
    all.visit_body(&module.body);
    let top: HashSet<_> = module.body.iter().map(Ranged::start).collect();
    let mut found = Vec::new();
    for function in all.functions {
        let offers: Vec<_> = offers(function).collect();
        let Some(offer) = offers.first().copied() else { continue };
        let what = if offer.is_prompt { "prompt" } else { "resource" };
        if all.bound.contains_key(what) || symbols.imports.contains_key(what) || symbols.values.contains_key(what) {
            let message = format!("`{what}` is defined anew in this module, so that @{what} offers nothing");
            report.warning("shadowed_decorator", offer.decorator, message, "Give the other one another name.");
        } else if !top.contains(&function.start()) {
            let message = format!("@{what} stands on a function that is not at the top level");
            report.error("misplaced_decorator", offer.decorator, message, "Move it out of the surrounding block.");
        } else if function.name.as_str() == "main" {
            let message = format!("main is the tool and no {what}");
            report.error("misplaced_decorator", offer.decorator, message, "Decorate another function.");
        } else if let Some(second) = offers.get(1) {
            let message = "a function is one prompt or one resource";
            report.error(
                "misplaced_decorator",
                second.decorator,
                message,
                "Write a function for each; they may call each other.",
            );
        } else if all.bound.get(function.name.as_str()).is_some_and(|count| *count > 1)
            || symbols.values.contains_key(function.name.as_str())
        {
            let message = format!("`{}` is defined more than once", function.name);
            report.error("misplaced_decorator", &function.name, message, "Give each its own name.");
        } else {
            found.push((function, offer));
        }
    }
    found
}

/// Decorated functions wherever they are, and how often top-level names are bound by functions and classes.
#[derive(Default)]
struct Decorated<'a> {
    functions: Vec<&'a StmtFunctionDef>,
    bound: HashMap<&'a str, usize>,
    depth: usize,
}

impl<'a> StatementVisitor<'a> for Decorated<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let name = match stmt {
            Stmt::FunctionDef(function) => Some(function.name.as_str()),
            Stmt::ClassDef(class) => Some(class.name.as_str()),
            _ => None,
        };
        if let (Some(name), 0) = (name, self.depth) {
            *self.bound.entry(name).or_default() += 1;
        }
        if let Stmt::FunctionDef(function) = stmt
            && offers(function).next().is_some()
        {
            self.functions.push(function);
        }
        let is_scope = usize::from(name.is_some());
        self.depth += is_scope;
        walk_stmt(self, stmt);
        self.depth -= is_scope;
    }
}
