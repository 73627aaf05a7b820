//! What the walk does at statements.

use ruff_python_ast::{
    Expr, Stmt, StmtClassDef, StmtFunctionDef, StmtImportFrom,
    visitor::{self, Visitor},
};
use ruff_text_size::Ranged;

use super::Walker;
use crate::{
    modules,
    policy::{attributes, classes, names, names::ScopeKind, patterns},
};

impl<'a> Walker<'_, 'a, '_> {
    pub(super) fn statement(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Expr(expression) if matches!(&*expression.value, Expr::StringLiteral(_)) => {} // a docstring or a comment
            Stmt::Global(global) => global.names.iter().for_each(|name| self.scopes.declare_global(name.as_str())),
            Stmt::Import(import) => {
                self.imports.import(import, self.report);
                for alias in &import.names {
                    alias.name.split('.').for_each(|part| attributes::check_name(part, alias.range(), self.report));
                    self.bind_import(
                        alias.asname.as_ref().map_or(modules::top_level(alias.name.as_str()), |name| name.as_str()),
                    );
                }
            }
            Stmt::ImportFrom(import) => self.import_from(import),
            _ => {
                self.check_place(stmt);
                self.note_values(stmt);
                let is_loop = matches!(stmt, Stmt::For(_) | Stmt::While(_));
                self.loops += usize::from(is_loop);
                visitor::walk_stmt(self, stmt);
                self.loops -= usize::from(is_loop);
            }
        }
    }

    /// Statements that Python refuses to compile where they stand, though they parse.
    fn check_place(&mut self, stmt: &Stmt) {
        let is_async = match stmt {
            Stmt::For(each) => each.is_async,
            Stmt::With(with) => with.is_async,
            _ => false,
        };
        match stmt {
            Stmt::Return(_) if !matches!(self.scopes.kind(), ScopeKind::Function { .. }) => {
                self.report.error(
                    "return_outside_function",
                    stmt,
                    "return stands outside a function",
                    "Put the code into `async def main(…):`.",
                );
            }
            Stmt::Break(_) | Stmt::Continue(_) if self.loops == 0 => {
                self.report.error(
                    "break_outside_loop",
                    stmt,
                    "break or continue stands outside a loop",
                    "Use return, or put it into the loop.",
                );
            }
            _ if is_async && !self.is_in_async_function() => {
                self.report.error(
                    "await_outside_async",
                    stmt,
                    "async for or async with stands outside an async function",
                    "Put it into an `async def`.",
                );
            }
            _ => {}
        }
    }

    /// Decorators, defaults and annotations belong to the outside, the body to the function.
    fn function(&mut self, function: &'a StmtFunctionDef) {
        let is_method = self.scopes.kind() == ScopeKind::Class;
        if is_method {
            classes::check_method(function, self.report);
        } else {
            names::check_dunder(function.name.as_str(), function.name.range(), false, self.report);
        }
        self.scopes.bind(function.name.as_str());
        function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        if let Some(parameters) = &function.type_params {
            self.visit_type_params(parameters);
        }
        self.visit_parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        self.hosts.constants.parameters(&function.parameters);
        self.hosts.function(function);
        let is_main = self.scopes.kind() == ScopeKind::Module && function.name.as_str() == "main";
        self.within(ScopeKind::Function { is_async: function.is_async }, is_main, |this| {
            this.bind_parameters(&function.parameters);
            this.visit_body(&function.body);
        });
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        classes::check(class, self.symbols, self.report);
        names::check_dunder(class.name.as_str(), class.name.range(), false, self.report);
        self.scopes.bind(class.name.as_str());
        class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        if let Some(parameters) = &class.type_params {
            self.visit_type_params(parameters);
        }
        for keyword in
            class.keywords().iter().filter(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg == "metaclass"))
        {
            // Judged by the header already.
            self.called.insert((keyword.value.start(), keyword.value.end()));
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.within(ScopeKind::Class, false, |this| this.visit_body(&class.body));
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        self.imports.import_from(import, self.report);
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        module
            .split('.')
            .filter(|part| *part != "__future__")
            .for_each(|part| attributes::check_name(part, import.range(), self.report));
        for alias in &import.names {
            let name = alias.name.as_str();
            attributes::check_name(name, alias.range(), self.report);
            attributes::check_member(module, name, alias.range(), self.report);
            self.bind_import(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
        }
    }

    fn bind_import(&mut self, name: &'a str) {
        self.scopes.bind(name);
    }

    fn note_positions(&mut self, targets: &[Expr], value: &Expr) {
        targets.iter().for_each(|target| patterns::check_positions(target, value, self.report));
    }

    /// Values that names get.
    fn note_values(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                self.hand_on(&assign.value);
                self.note_positions(&assign.targets, &assign.value);
                assign.targets.iter().for_each(|target| self.hosts.assign(target, &assign.value, self.symbols))
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.hand_on(value);
                    self.note_positions(std::slice::from_ref(&*assign.target), value);
                    self.hosts.assign(&assign.target, value, self.symbols);
                }
            }
            Stmt::For(each) => self.hosts.constants.iterate(&each.target, &each.iter),
            _ => {}
        }
    }
}
