//! What the walk does at expressions.

use ruff_python_ast::{
    Expr, ExprAttribute, ExprCall, ExprLambda, ExprName,
    visitor::{self, Visitor},
};
use ruff_text_size::Ranged;

use super::Walker;
use crate::policy::{attributes, formats, names, names::ScopeKind, patterns, strings};

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
                self.hand_on(&named.value);
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
            Expr::StringLiteral(_) | Expr::FString(_) => {
                self.hosts.text(expr);
                if self.is_in_annotation {
                    strings::check_annotation_text(expr, self.report);
                }
            }
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
        if is_class_binding {
            patterns::check_class_name(name.id.as_str(), name.range(), self.report);
        }
        if is_binding {
            self.scopes.bind(name.id.as_str());
        } else {
            self.scopes.read(name.id.as_str(), name.range());
            self.getter_reference(expr);
        }
    }

    fn attribute(&mut self, attribute: &'a ExprAttribute, expr: &'a Expr) {
        attributes::check(attribute, self.symbols, self.report);
        if formats::is_format(expr) && attribute.ctx.is_load() && !self.is_called(expr) {
            let is_handed_on = self.handed_on.contains(&expr.start());
            formats::check_reference(attribute, is_handed_on, self.symbols, self.report);
        }
        self.getter_reference(expr);
        if let Expr::Call(call) = &*attribute.value
            && attributes::is_super_call(&attribute.value)
        {
            self.calls_of_super.insert(call.func.start());
        }
        self.visit_expr(&attribute.value);
    }

    fn getter_reference(&mut self, expr: &Expr) {
        if !self.is_called(expr) {
            strings::check_getter_reference(expr, self.symbols, self.report);
            attributes::check_factory(expr, self.symbols, self.report);
            attributes::check_wraps(expr, None, self.symbols, self.report);
        }
    }

    /// Whether this very expression is what a call calls, or stands where it may.
    fn is_called(&self, expr: &Expr) -> bool {
        self.called.contains(&(expr.start(), expr.end()))
    }

    /// A value that gets another name or goes elsewhere.
    pub(super) fn hand_on(&mut self, value: &Expr) {
        self.handed_on.insert(value.start());
    }

    fn call(&mut self, call: &'a ExprCall) {
        strings::check_call(call, self.symbols, self.report);
        attributes::check_factory(&call.func, self.symbols, self.report);
        attributes::check_wraps(&call.func, Some(&call.arguments), self.symbols, self.report);
        if formats::is_format(&call.func) {
            formats::check_call(call, self.symbols, self.report);
        }
        let range = call.func.range();
        self.called.insert((range.start(), range.end()));
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        call.arguments.args.iter().chain(keywords).for_each(|value| self.hand_on(value));
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
