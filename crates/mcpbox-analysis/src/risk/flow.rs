//! Where secrets, arguments and answers go: one set of labels per name, joined over all assignments, carried through calls
//! of the tool's own functions until nothing changes. It over-approximates names and ignores conditions; what passes
//! through attributes of unknown objects, files or globals of other modules is lost.

mod labels;
mod sinks;
mod values;

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{
    Comprehension, Expr, ModModule, Stmt, StmtFunctionDef,
    visitor::{self, Visitor},
};
use ruff_text_size::{Ranged, TextSize};

use self::labels::{Labels, Sources};
use crate::{SecretFlow, finding::Report, hosts::Target, offers, source::Source, symbols::Symbols, walk::Facts};

/// Rounds over the source before the last one, which reports.
const MAX_ROUNDS: usize = 6;
/// Parameters of a function that are followed.
const MAX_PARAMETERS: usize = 64;
/// Nesting beyond what the parser lets through by its caps.
const MAX_DEPTH: usize = 3_000;

/// Follows the data; reports what it meets and gives where secrets go.
pub(super) fn follow<'a>(
    module: &'a ModModule,
    source: &Source<'_>,
    symbols: &Symbols<'a>,
    facts: &Facts<'a>,
    report: &mut Report,
) -> Vec<SecretFlow> {
    if !facts.uses_http && facts.secrets.is_empty() {
        return Vec::new();
    }
    let mut flow = Flow {
        source,
        symbols,
        facts,
        report,
        sources: Sources::default(),
        names: HashMap::new(),
        attributes: HashMap::new(),
        returns: HashMap::new(),
        parameters: HashMap::new(),
        spread: HashMap::new(),
        targets: HashMap::new(),
        calls: HashMap::new(),
        recipients: HashMap::new(),
        flows: Vec::new(),
        scopes: Vec::new(),
        entries: HashSet::new(),
        gathered: Labels::NONE,
        has_changed: false,
        is_last: false,
        depth: 0,
    };
    Functions(&mut flow.parameters).visit_body(&module.body);
    for _ in 0..MAX_ROUNDS {
        flow.has_changed = false;
        flow.calls.clear();
        flow.visit_body(&module.body);
        if !flow.has_changed {
            break;
        }
    }
    flow.is_last = true;
    flow.calls.clear();
    flow.visit_body(&module.body);
    flow.flows
}

struct Flow<'s, 'a, 'r> {
    source: &'s Source<'s>,
    symbols: &'s Symbols<'a>,
    facts: &'s Facts<'a>,
    report: &'r mut Report,
    sources: Sources,
    /// Labels of names, by the function around them (empty at the top level).
    names: HashMap<(&'a str, &'a str), Labels>,
    attributes: HashMap<&'a str, Labels>,
    returns: HashMap<&'a str, Labels>,
    /// Parameters of the tool's own functions, without `self`.
    parameters: HashMap<&'a str, Vec<&'a str>>,
    /// What is passed to a function by `*` and `**`: any parameter may get it.
    spread: HashMap<&'a str, Labels>,
    /// Where requests lead, by the call's end: each has its own.
    targets: HashMap<TextSize, Vec<Target>>,
    /// What calls gave in this round, by their end. The address of a request is looked at twice: without this, requests within
    /// addresses of requests would be looked at as often as there are paths through them.
    calls: HashMap<TextSize, Labels>,
    /// The first site that got an argument.
    recipients: HashMap<u32, String>,
    flows: Vec<SecretFlow>,
    scopes: Vec<&'a str>,
    /// Functions that clients have run: their results go to the model.
    entries: HashSet<&'a str>,
    /// Labels of the expressions visited since the last reset.
    gathered: Labels,
    has_changed: bool,
    is_last: bool,
    depth: usize,
}

impl<'a> Flow<'_, 'a, '_> {
    fn scope(&self) -> &'a str {
        self.scopes.last().copied().unwrap_or_default()
    }

    /// Labels of a name: of the innermost function that binds it.
    fn read(&self, name: &'a str) -> Labels {
        let around = self.scopes.iter().rev().copied().chain(std::iter::once(""));
        around.filter_map(|scope| self.names.get(&(scope, name))).next().copied().unwrap_or(Labels::NONE)
    }

    fn join(&mut self, scope: &'a str, name: &'a str, labels: Labels) {
        let known = self.names.entry((scope, name)).or_default();
        self.has_changed |= known.add(labels);
    }

    /// Binds a target to labels.
    fn bind(&mut self, target: &'a Expr, labels: Labels) {
        match target {
            Expr::Name(name) => self.join(self.scope(), name.id.as_str(), labels),
            Expr::Attribute(attribute) => {
                let known = self.attributes.entry(attribute.attr.as_str()).or_default();
                self.has_changed |= known.add(labels);
                self.bind_root(&attribute.value, labels);
            }
            Expr::Subscript(subscript) => self.bind_root(&subscript.value, labels),
            Expr::Starred(starred) => self.bind(&starred.value, labels),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|element| self.bind(element, labels)),
            Expr::List(list) => list.elts.iter().for_each(|element| self.bind(element, labels)),
            _ => {}
        }
    }

    /// What is put into a part of a value belongs to the whole.
    fn bind_root(&mut self, expr: &'a Expr, labels: Labels) {
        let mut current = expr;
        for _ in 0..16 {
            match current {
                Expr::Attribute(attribute) => current = &attribute.value,
                Expr::Subscript(subscript) => current = &subscript.value,
                Expr::Name(name) => {
                    let name = name.id.as_str();
                    let scope =
                        self.scopes.iter().rev().copied().find(|scope| self.names.contains_key(&(*scope, name)));
                    return self.join(scope.unwrap_or_default(), name, labels);
                }
                _ => return,
            }
        }
    }

    /// Visits and gives the labels of what was visited.
    fn within(&mut self, visit: impl FnOnce(&mut Self)) -> Labels {
        let outer = std::mem::take(&mut self.gathered);
        visit(self);
        std::mem::replace(&mut self.gathered, outer)
    }

    fn function(&mut self, function: &'a StmtFunctionDef) {
        let name = function.name.as_str();
        let is_main = self.scopes.is_empty() && offers::is_entry(function);
        if is_main {
            self.entries.insert(name);
        }
        self.visit_parameters(&function.parameters);
        self.scopes.push(name);
        let spread = self.spread.get(name).copied().unwrap_or_default();
        for parameter in &function.parameters {
            let labels = if is_main { self.argument(parameter) } else { spread };
            self.join(name, parameter.name().as_str(), labels);
        }
        self.visit_body(&function.body);
        self.scopes.pop();
    }

    fn argument(&mut self, parameter: ruff_python_ast::AnyParameterRef<'a>) -> Labels {
        let is_free = parameter.annotation().is_none_or(|annotation| values::is_free_text(annotation, self.symbols));
        self.sources.argument(parameter.name().as_str(), is_free)
    }

    fn statement(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::Assign(assign) => {
                let labels = self.eval(&assign.value);
                assign.targets.iter().for_each(|target| self.bind(target, labels));
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let labels = self.eval(value);
                    self.bind(&assign.target, labels);
                }
            }
            Stmt::AugAssign(assign) => {
                let labels = self.eval(&assign.value);
                self.bind(&assign.target, labels);
            }
            Stmt::For(each) => {
                let labels = self.eval(&each.iter);
                self.bind(&each.target, labels);
                self.visit_body(&each.body);
                self.visit_body(&each.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let labels = self.eval(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, labels);
                    }
                }
                self.visit_body(&with.body);
            }
            Stmt::Return(result) => {
                let labels = result.value.as_deref().map_or(Labels::NONE, |value| self.eval(value));
                let scope = self.scope();
                self.has_changed |= self.returns.entry(scope).or_default().add(labels);
                if let [function] = self.scopes.as_slice()
                    && self.entries.contains(function)
                {
                    let at = result.value.as_deref().map_or(result.range, |value| value.range());
                    self.shown(labels, at, "returned");
                }
            }
            Stmt::Raise(raise) => {
                let labels = raise.exc.as_deref().map_or(Labels::NONE, |error| self.eval(error));
                self.shown(labels, raise.range, "put into an error");
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }
}

impl<'a> Visitor<'a> for Flow<'_, 'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            self.statement(stmt);
            self.depth -= 1;
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            let labels = self.eval(expr);
            self.gathered.add(labels);
            self.depth -= 1;
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_comprehension(&mut self, each: &'a Comprehension) {
        let labels = self.eval(&each.iter);
        self.bind(&each.target, labels);
        each.ifs.iter().for_each(|condition| {
            self.eval(condition);
        });
    }
}

/// Collects the functions of the tool.
struct Functions<'m, 'a>(&'m mut HashMap<&'a str, Vec<&'a str>>);

impl<'a> Visitor<'a> for Functions<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::FunctionDef(function) = stmt {
            let names = function.parameters.iter().map(|parameter| parameter.name().as_str());
            let names: Vec<&str> = names.filter(|name| !matches!(*name, "self" | "cls")).take(MAX_PARAMETERS).collect();
            self.0.insert(function.name.as_str(), names);
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}
