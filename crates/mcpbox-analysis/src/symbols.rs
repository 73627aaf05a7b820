//! What the names of a module stand for: imports under their local names, classes, aliases and constants at top level.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

use ruff_python_ast::{
    Expr, Parameter, Stmt, StmtClassDef,
    statement_visitor::{StatementVisitor, walk_stmt},
    visitor::{self, Visitor},
};

/// Steps that may be spent on following names to their values, over one whole analysis. Names that refer to each other
/// twice would otherwise cost exponential time.
const FUEL: usize = 100_000;
/// Expressions within expressions that are looked into.
const MAX_DEPTH: usize = 3_000;

/// The top-level names of a module. Later definitions win, as they do at run time.
#[derive(Default)]
pub(crate) struct Symbols<'a> {
    pub(crate) classes: HashMap<&'a str, &'a StmtClassDef>,
    /// `X = …`, `X: TypeAlias = …` and `type X = …`.
    pub(crate) values: HashMap<&'a str, &'a Expr>,
    /// Local name to dotted path: `import a.b as c` → `c: a.b`, `from a import b` → `b: a.b`.
    pub(crate) imports: HashMap<&'a str, String>,
    /// Imports within functions and classes, for the rules: they look through the names of all of them.
    inner_imports: HashMap<&'a str, String>,
    /// Names bound more than once, wherever that is.
    rebound: HashSet<&'a str>,
    /// Values of names by plain assignments, wherever that is.
    assigned: HashMap<&'a str, &'a Expr>,
    spent: Cell<usize>,
}

impl<'a> Symbols<'a> {
    pub(crate) fn collect(body: &'a [Stmt]) -> Self {
        let mut symbols = Self::default();
        symbols.add_body(body);
        let mut inner = InnerImports(Self::default());
        inner.visit_body(body);
        symbols.inner_imports = inner.0.imports;
        let mut bindings = Bindings::default();
        bindings.visit_body(body);
        symbols.rebound = bindings.again;
        symbols.assigned = bindings.assigned;
        symbols
    }

    /// Spends one step; none once all are spent, which callers treat as "not known".
    pub(crate) fn burn(&self) -> Option<()> {
        self.spent.set(self.spent.get() + 1);
        (self.spent.get() <= FUEL).then_some(())
    }

    /// The dotted path of a name or attribute chain, with imports resolved.
    pub(crate) fn path(&self, expr: &Expr) -> Option<String> {
        let mut parts = Vec::new();
        let mut current = expr;
        while let Expr::Attribute(attribute) = current {
            parts.push(attribute.attr.as_str());
            current = &attribute.value;
            if parts.len() > 16 {
                return None;
            }
        }
        let Expr::Name(root) = current else { return None };
        let root = root.id.as_str();
        let mut path = self.import(root).unwrap_or(root).to_owned();
        for part in parts.iter().rev() {
            path.push('.');
            path.push_str(part);
        }
        Some(path)
    }

    /// Whether the leftmost name of an attribute chain is an imported module.
    pub(crate) fn is_rooted_in_import(&self, expr: &Expr) -> bool {
        let mut current = expr;
        while let Expr::Attribute(attribute) = current {
            current = &attribute.value;
        }
        matches!(current, Expr::Name(root) if self.import(root.id.as_str()).is_some())
    }

    /// What a name stands for that is imported anywhere.
    pub(crate) fn import(&self, local: &str) -> Option<&str> {
        self.imports.get(local).or_else(|| self.inner_imports.get(local)).map(String::as_str)
    }

    /// Whether a name has one value only, as far as assignments and parameters go.
    pub(crate) fn is_bound_once(&self, name: &str) -> bool {
        !self.rebound.contains(name)
    }

    /// The value of a name that is assigned once in the whole source and bound by nothing else.
    pub(crate) fn only_value(&self, name: &str) -> Option<&'a Expr> {
        self.assigned.get(name).copied().filter(|_| self.is_bound_once(name))
    }

    /// Whether names were followed so often that the rules may have missed something.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get() > FUEL
    }

    fn add_body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.add(stmt);
        }
    }

    fn add(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::ClassDef(class) => {
                self.classes.insert(class.name.as_str(), class);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let top = crate::modules::top_level(name);
                    let (local, path) = alias.asname.as_ref().map_or((top, top), |local| (local.as_str(), name));
                    self.imports.insert(local, path.to_owned());
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let local = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.imports.insert(local.as_str(), format!("{module}.{}", alias.name));
                }
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.add_value(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.add_value(&assign.target, value);
                }
            }
            Stmt::TypeAlias(alias) => self.add_value(&alias.name, &alias.value),
            Stmt::If(branch) => {
                self.add_body(&branch.body);
                branch.elif_else_clauses.iter().for_each(|clause| self.add_body(&clause.body));
            }
            Stmt::Try(attempt) => {
                self.add_body(&attempt.body);
                self.add_body(&attempt.orelse);
            }
            _ => {}
        }
    }

    fn add_value(&mut self, target: &'a Expr, value: &'a Expr) {
        if let Expr::Name(name) = target {
            self.values.insert(name.id.as_str(), value);
        }
    }
}

/// Collects the names that are bound more than once.
#[derive(Default)]
struct Bindings<'a> {
    once: HashSet<&'a str>,
    again: HashSet<&'a str>,
    assigned: HashMap<&'a str, &'a Expr>,
    depth: usize,
}

impl<'a> Bindings<'a> {
    fn bind(&mut self, name: &'a str) {
        if !self.once.insert(name) {
            self.again.insert(name);
        }
    }
}

impl<'a> Visitor<'a> for Bindings<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = assign.targets.as_slice() {
                    self.assigned.insert(name.id.as_str(), &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let (Expr::Name(name), Some(value)) = (&*assign.target, &assign.value) {
                    self.assigned.insert(name.id.as_str(), value);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx.is_store() => self.bind(name.id.as_str()),
            // The walk that comes later refuses what is nested more deeply.
            _ if self.depth > MAX_DEPTH => {}
            _ => {
                self.depth += 1;
                visitor::walk_expr(self, expr);
                self.depth -= 1;
            }
        }
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.bind(parameter.name.as_str());
        visitor::walk_parameter(self, parameter);
    }
}

/// Collects the imports of all bodies.
struct InnerImports<'a>(Symbols<'a>);

impl<'a> StatementVisitor<'a> for InnerImports<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_)) {
            self.0.add(stmt);
        }
        walk_stmt(self, stmt);
    }
}
