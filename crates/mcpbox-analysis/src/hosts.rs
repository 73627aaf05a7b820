//! Hosts that the code talks to, as far as literals tell. The calls are noted while walking and resolved at the end,
//! when all constants are known. A help for requests and reviewers: what counts is what the broker lets through.

pub(crate) mod known;
mod prefix;
mod url;

use std::collections::{HashMap, HashSet};

use mcpbox_core::capability::HostRule;
use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef, WithItem};
use ruff_text_size::{Ranged, TextRange, TextSize};

use self::prefix::Constants;
pub(crate) use self::url::Target;
use crate::{HostUse, finding::Report, literal, source::Source, symbols::Symbols};

/// Hosts, calls and URLs that are kept.
const MAX_ITEMS: usize = 500;

/// Collects what is needed to derive hosts.
#[derive(Default)]
pub(crate) struct Hosts<'a> {
    pub(crate) constants: Constants<'a>,
    /// Names bound to an `httpx` client.
    clients: HashSet<&'a str>,
    calls: Vec<(TextRange, Option<&'a Expr>, Option<String>)>,
    bases: Vec<&'a Expr>,
    literals: Vec<&'a Expr>,
    /// Parameters of the tool's own functions, without `self`.
    functions: HashMap<&'a str, Vec<&'a str>>,
    passed: Vec<(&'a str, &'a ExprCall)>,
}

impl<'a> Hosts<'a> {
    /// A call: a request, or one with `base_url=`.
    pub(crate) fn call(&mut self, call: &'a ExprCall, symbols: &Symbols<'_>) {
        if let Some(base) = call.arguments.find_keyword("base_url").filter(|_| self.bases.len() < MAX_ITEMS) {
            self.bases.push(&base.value);
        }
        let function = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        if self.passed.len() < MAX_ITEMS {
            self.passed.push((function, call));
        }
        if let Some((method, url)) = self.request(call, symbols)
            && self.calls.len() < MAX_ITEMS
        {
            self.calls.push((call.range(), url, method));
        }
    }

    /// A function of the tool.
    pub(crate) fn function(&mut self, function: &'a StmtFunctionDef) {
        let names = function.parameters.iter_non_variadic_params().map(|parameter| parameter.name().as_str());
        let names = names.filter(|name| !matches!(*name, "self" | "cls")).take(MAX_ITEMS);
        self.functions.insert(function.name.as_str(), names.collect());
    }

    /// What is passed to the tool's own functions are values of their parameters.
    pub(crate) fn link(&mut self) {
        for (function, call) in std::mem::take(&mut self.passed) {
            let Some(parameters) = self.functions.get(function) else { continue };
            for (parameter, value) in parameters.iter().zip(&call.arguments.args) {
                self.constants.pass(parameter, value);
            }
            for keyword in &call.arguments.keywords {
                let name = keyword.arg.as_ref().and_then(|arg| parameters.iter().find(|name| **name == arg.as_str()));
                if let Some(name) = name {
                    self.constants.pass(name, &keyword.value);
                }
            }
        }
    }

    /// Method and URL of a call that makes a request.
    pub(crate) fn request(
        &self,
        call: &'a ExprCall,
        symbols: &Symbols<'_>,
    ) -> Option<(Option<String>, Option<&'a Expr>)> {
        let (method, position) = match self.request_function(&call.func, symbols)? {
            "request" | "stream" | "build_request" | "Request" => {
                let method =
                    call.arguments.find_argument_value("method", 0).and_then(|method| literal::text(method, symbols));
                (method.filter(|method| method.len() <= 10), 1)
            }
            verb => (Some(verb.to_owned()), 0),
        };
        let url = call.arguments.find_argument_value("url", position);
        Some((method.map(|method| method.to_ascii_uppercase()), url))
    }

    /// Where a URL may lead, as far as literals tell; a relative one leads to the base of a client.
    pub(crate) fn targets(&self, url: &'a Expr) -> Vec<Target> {
        let to =
            |expr: &Expr| -> Vec<Target> { self.constants.prefixes(expr).iter().filter_map(url::target).collect() };
        let own = to(url);
        if own.is_empty() && !self.bases.is_empty() && self.constants.is_relative(url) {
            return self.bases.iter().flat_map(|base| to(base)).collect();
        }
        own
    }

    /// Whether nothing at all is known of how a text starts.
    pub(crate) fn is_unknown(&self, expr: &'a Expr) -> bool {
        self.constants.prefixes(expr).is_empty()
    }

    /// `name = …`: a constant, or a client.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: &'a Expr, symbols: &Symbols<'_>) {
        self.constants.assign(target, value);
        if let Expr::Name(name) = target
            && is_client(value, symbols)
        {
            self.clients.insert(name.id.as_str());
        }
    }

    /// `with httpx.AsyncClient() as name`
    pub(crate) fn with_item(&mut self, item: &'a WithItem, symbols: &Symbols<'_>) {
        if let Some(Expr::Name(name)) = item.optional_vars.as_deref()
            && is_client(&item.context_expr, symbols)
        {
            self.clients.insert(name.id.as_str());
        }
    }

    /// A text, or formatted text, that is no docstring.
    pub(crate) fn text(&mut self, expr: &'a Expr) {
        let starts_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
        let is_url = match expr {
            Expr::StringLiteral(literal) => starts_url(literal.value.to_str()),
            Expr::FString(string) => prefix::first_literal(string).is_some_and(starts_url),
            _ => false,
        };
        if is_url && self.literals.len() < MAX_ITEMS {
            self.literals.push(expr);
        }
    }

    /// The hosts. Calls whose host stays unknown are findings.
    pub(crate) fn finish(&self, uses_http: bool, source: &Source<'_>, report: &mut Report) -> Vec<HostUse> {
        let mut found = Found::default();
        let mut unresolved = Vec::new();
        for base in &self.bases {
            let rules = self.rules(base);
            rules.iter().for_each(|rule| known::check(rule, base.range(), report));
            found.add_all(&rules, base.range().start(), None);
        }
        for (place, target, method) in &self.calls {
            let Some(target) = target else { continue };
            let rules = self.rules(target);
            let is_relative = !self.bases.is_empty() && self.constants.is_relative(target);
            for rule in &rules {
                known::check(rule, *place, report);
            }
            if rules.is_empty() && !is_relative {
                unresolved.push(*place);
            }
            found.add_all(&rules, place.start(), method.as_deref());
        }
        if !unresolved.is_empty() || (uses_http && found.order.is_empty()) {
            self.literals.iter().for_each(|text| found.add_all(&self.rules(text), text.range().start(), None));
        }
        let is_covered = !found.order.is_empty();
        unresolved.into_iter().for_each(|place| report_unresolved(place, is_covered, report));
        found
            .order
            .into_iter()
            .map(|(rule, offset, method)| HostUse { rule, line: source.line(offset), method })
            .collect()
    }

    fn rules(&self, expr: &Expr) -> Vec<HostRule> {
        self.constants.prefixes(expr).iter().filter_map(url::rule).collect()
    }

    /// The name of the function when it makes a request by `http`, `httpx` or a client.
    fn request_function<'e>(&self, function: &'e Expr, symbols: &Symbols<'_>) -> Option<&'e str> {
        let Expr::Attribute(attribute) = function else { return None };
        let name = attribute.attr.as_str();
        let is_request = matches!(
            name,
            "get"
                | "post"
                | "put"
                | "patch"
                | "delete"
                | "head"
                | "options"
                | "request"
                | "stream"
                | "build_request"
                | "Request"
        );
        let is_receiver = match &*attribute.value {
            Expr::Name(receiver) => {
                let receiver = receiver.id.as_str();
                (receiver == "http" && !symbols.imports.contains_key("http"))
                    || self.clients.contains(receiver)
                    || symbols.imports.get(receiver).is_some_and(|path| path == "httpx")
            }
            inner => is_client(inner, symbols),
        };
        (is_request && is_receiver).then_some(name)
    }
}

fn is_client(expr: &Expr, symbols: &Symbols<'_>) -> bool {
    match expr {
        Expr::Call(call) => {
            symbols.path(&call.func).is_some_and(|path| matches!(path.as_str(), "httpx.AsyncClient" | "httpx.Client"))
        }
        Expr::Name(name) => name.id.as_str() == "http" && !symbols.imports.contains_key("http"),
        _ => false,
    }
}

fn report_unresolved(place: TextRange, is_covered: bool, report: &mut Report) {
    if is_covered {
        let message = "the host of this request is computed; hosts were taken from the other URLs in the code";
        report.notice("computed_host", place, message, "Ask for a missing host with mcpbox_request_network_access.");
    } else {
        let message = "the host of this request cannot be derived from the code";
        report.warning(
            "computed_host",
            place,
            message,
            "Write the URL's host as a literal, or declare it with mcpbox_request_network_access.",
        );
    }
}

#[derive(Default)]
struct Found {
    order: Vec<(HostRule, TextSize, Option<String>)>,
    seen: HashSet<(HostRule, Option<String>)>,
}

impl Found {
    fn add_all(&mut self, rules: &[HostRule], offset: TextSize, method: Option<&str>) {
        for rule in rules {
            let key = (rule.clone(), method.map(str::to_owned));
            if self.order.len() < MAX_ITEMS && self.seen.insert(key) {
                self.order.push((rule.clone(), offset, method.map(str::to_owned)));
            }
        }
    }
}
