//! The one walk over the tree. It knows where it is (scopes) and hands each node to the rules that care; the rules
//! stand in their own modules.

mod expressions;
mod statements;

use std::collections::HashSet;

use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ModModule, Parameters, Pattern, PatternKeyword, Stmt, WithItem,
    visitor::{self, Visitor},
};
use ruff_text_size::{Ranged, TextSize};

use crate::{
    HostUse, Import, SecretUse,
    finding::Report,
    hosts::Hosts,
    imports::Imports,
    main_function,
    policy::{
        names::{ScopeKind, Scopes},
        patterns,
    },
    secrets::Secrets,
    source::Source,
    symbols::Symbols,
};

/// Nesting beyond what the parser lets through by its caps; only odd recoveries from syntax errors get here.
const MAX_DEPTH: usize = 3_000;

/// What the walk found, apart from findings.
pub(crate) struct Facts<'a> {
    pub(crate) imports: Vec<Import>,
    pub(crate) hosts: Vec<HostUse>,
    pub(crate) secrets: Vec<SecretUse>,
    pub(crate) uses_http: bool,
    /// Tells where requests lead.
    pub(crate) resolver: Hosts<'a>,
}

/// Walks over the module.
pub(crate) fn walk<'a>(
    module: &'a ModModule,
    source: &Source<'_>,
    symbols: &Symbols<'a>,
    report: &mut Report,
) -> Facts<'a> {
    let mut walker = Walker {
        symbols,
        report,
        scopes: Scopes::new(),
        imports: Imports::default(),
        hosts: Hosts::default(),
        secrets: Secrets::default(),
        calls_of_super: HashSet::new(),
        called: HashSet::new(),
        handed_on: HashSet::new(),
        is_in_annotation: false,
        is_in_main: false,
        loops: 0,
        depth: 0,
    };
    walker.visit_body(&module.body);
    walker.hosts.link();
    let globals = walker.scopes.finish(&walker.calls_of_super, walker.report);
    walker.secrets.check_whole(&globals.secrets, symbols, walker.report);
    let uses_http = (globals.uses_http && !symbols.imports.contains_key("http")) || walker.imports.has("httpx");
    Facts {
        uses_http,
        hosts: walker.hosts.finish(uses_http, source, walker.report),
        secrets: walker.secrets.finish(source),
        imports: walker.imports.finish(source),
        resolver: walker.hosts,
    }
}

struct Walker<'s, 'a, 'r> {
    symbols: &'s Symbols<'a>,
    report: &'r mut Report,
    scopes: Scopes<'a>,
    imports: Imports,
    hosts: Hosts<'a>,
    secrets: Secrets,
    /// Where `super` stands as `super().method`.
    calls_of_super: HashSet<TextSize>,
    /// Where functions stand that are called at once.
    called: HashSet<(TextSize, TextSize)>,
    /// Where values begin that get another name or go elsewhere.
    handed_on: HashSet<TextSize>,
    /// Within an annotation.
    is_in_annotation: bool,
    /// Whether the innermost function is the tool's `main`.
    is_in_main: bool,
    /// Loops around, within the innermost function.
    loops: usize,
    depth: usize,
}

impl<'a> Walker<'_, 'a, '_> {
    fn deeper(&mut self, at: impl Ranged, visit: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            self.report.error(
                "too_deep",
                at,
                "the code is nested too deeply",
                "Split it into functions or statements.",
            );
            return;
        }
        self.depth += 1;
        visit(self);
        self.depth -= 1;
    }

    /// Visits within a scope of its own.
    fn within(&mut self, kind: ScopeKind, is_main: bool, visit: impl FnOnce(&mut Self)) {
        let outer = (std::mem::replace(&mut self.is_in_main, is_main), std::mem::take(&mut self.loops));
        self.scopes.enter(kind);
        visit(self);
        self.scopes.leave();
        (self.is_in_main, self.loops) = outer;
    }

    fn bind_parameters(&mut self, parameters: &'a Parameters) {
        if let Some(double) = main_function::duplicate(parameters) {
            main_function::report_duplicate(double, self.report);
        }
        for parameter in parameters {
            self.scopes.bind(parameter.name().as_str());
        }
    }

    /// `[element for target in iter if …]`: the first iterable belongs to the outside.
    fn comprehension(&mut self, elements: &[&'a Expr], generators: &'a [Comprehension]) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        let is_main = self.is_in_main;
        self.within(ScopeKind::Comprehension, is_main, |this| {
            for (index, generator) in generators.iter().enumerate() {
                this.hosts.constants.iterate(&generator.target, &generator.iter);
                this.visit_expr(&generator.target);
                if index > 0 {
                    this.visit_expr(&generator.iter);
                }
                generator.ifs.iter().for_each(|condition| this.visit_expr(condition));
            }
            elements.iter().for_each(|element| this.visit_expr(element));
        });
    }
}

impl<'a> Visitor<'a> for Walker<'_, 'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deeper(stmt, |this| this.statement(stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.deeper(expr, |this| this.expression(expr));
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        let outer = std::mem::replace(&mut self.is_in_annotation, true);
        self.visit_expr(expr);
        self.is_in_annotation = outer;
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        patterns::bind(pattern, &mut self.scopes);
        self.deeper(pattern, |this| visitor::walk_pattern(this, pattern));
    }

    fn visit_pattern_keyword(&mut self, keyword: &'a PatternKeyword) {
        patterns::check_keyword(keyword, self.report);
        visitor::walk_pattern_keyword(self, keyword);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.scopes.bind(name.as_str());
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_with_item(&mut self, item: &'a WithItem) {
        self.hosts.with_item(item, self.symbols);
        visitor::walk_with_item(self, item);
    }
}
