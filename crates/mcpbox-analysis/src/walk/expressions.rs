//! What the walk does at expressions.

use ruff_python_ast::{
    Expr, ExprAttribute, ExprCall, ExprLambda, ExprName,
    visitor::{self, Visitor},
};
use ruff_text_size::Ranged;

use super::Walker;
use crate::policy::{attributes, names, names::ScopeKind, strings};

impl<'a> Walker<'_, 'a, '_> {
    pub(super) fn expression(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.name(name, expr),
            Expr::Attribute(attribute) => self.attribute(attribute, expr),
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::ListComp(list) => self.comprehension(&[&list.elt], &list.generators),
            Expr::SetComp(set) => self.comprehension(&[&set.elt], &set.generators),
            Expr::Generator(generator) => self.comprehension(&[&generator.elt], &generator.generators),
            Expr::DictComp(_) => self.dict_comprehension(expr),
            Expr::Named(named) => {
                if let Expr::Name(target) = &*named.target {
                    self.scopes.bind_outside_comprehension(target.id.as_str());
                    names::check_dunder(target.id.as_str(), target.range(), false, self.report);
                }
                self.hosts.assign(&named.target, &named.value, self.symbols);
                self.visit_expr(&named.value);
            }
            _ => {
                self.note(expr);
                visitor::walk_expr(self, expr);
            }
        }
    }

    /// Facts of expressions that need no special way of walking.
    fn note(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(_) | Expr::FString(_) => self.hosts.text(expr),
            Expr::Subscript(subscript) => self.secrets.subscript(subscript, self.symbols, self.report),
            Expr::Compare(compare) => self.secrets.compare(compare, self.symbols, self.report),
            Expr::Await(_) if !self.is_in_async_function() => {
                self.report.error(
                    "await_outside_async",
                    expr,
                    "await stands outside an async function",
                    "Put it into an `async def`.",
                );
            }
            Expr::Yield(_) | Expr::YieldFrom(_) if self.is_in_main => {
                self.report.error(
                    "main_yields",
                    expr,
                    "main must return its result, but it is a generator",
                    "Collect the values in a list and return that; report progress with `await ctx.progress(…)`.",
                );
            }
            _ => {}
        }
    }

    pub(super) fn is_in_async_function(&self) -> bool {
        self.scopes.enclosing_kind() == ScopeKind::Function { is_async: true }
    }

    fn name(&mut self, name: &'a ExprName, expr: &'a Expr) {
        let is_binding = name.ctx.is_store();
        let is_class_binding = is_binding && self.scopes.kind() == ScopeKind::Class;
        names::check_dunder(name.id.as_str(), name.range(), is_class_binding, self.report);
        if is_binding {
            self.scopes.bind(name.id.as_str());
        } else {
            self.scopes.read(name.id.as_str(), name.range());
            self.getter_reference(expr);
        }
    }

    fn attribute(&mut self, attribute: &'a ExprAttribute, expr: &'a Expr) {
        attributes::check(attribute, self.symbols, self.report);
        strings::check_attribute(attribute, self.symbols, self.report);
        self.getter_reference(expr);
        if let Expr::Call(call) = &*attribute.value
            && attributes::is_super_call(&attribute.value)
        {
            self.calls_of_super.insert(call.func.start());
        }
        self.visit_expr(&attribute.value);
    }

    fn getter_reference(&mut self, expr: &Expr) {
        let range = expr.range();
        if !self.called.contains(&(range.start(), range.end())) {
            strings::check_getter_reference(expr, self.symbols, self.report);
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        if strings::is_getter(&call.func, self.symbols) {
            self.called.insert((call.func.start(), call.func.end()));
        }
        strings::check_call(call, self.symbols, self.report);
        self.imports.call(call, self.symbols, self.report);
        self.hosts.call(call, self.symbols);
        self.secrets.call(call, self.symbols, self.report);
        self.visit_expr(&call.func);
        self.visit_arguments(&call.arguments);
    }

    fn lambda(&mut self, lambda: &'a ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameters(parameters);
        }
        self.within(ScopeKind::Lambda, false, |this| {
            if let Some(parameters) = &lambda.parameters {
                this.bind_parameters(parameters);
            }
            this.visit_expr(&lambda.body);
        });
    }

    fn dict_comprehension(&mut self, expr: &'a Expr) {
        let Expr::DictComp(dict) = expr else { return };
        let value = std::iter::once(&*dict.value);
        let elements: Vec<&Expr> = dict.key.iter().map(|key| &**key).chain(value).collect();
        self.comprehension(&elements, &dict.generators);
    }
}
