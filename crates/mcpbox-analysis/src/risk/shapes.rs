//! One walk over the tree that shows each node to the rules that judge it alone.

use ruff_python_ast::{
    Comprehension, Expr, ExprCall, FStringPart, InterpolatedStringElement, ModModule, Stmt, StringLiteral,
    visitor::{self, Visitor},
};
use ruff_text_size::{Ranged, TextRange};

use super::{
    commands, credentials, files,
    loops::Loops,
    obfuscation, patterns, questions, resources, shadows, time, transport,
    words::{self, Place},
};
use crate::{Severity, finding::Report, source::Source, symbols::Symbols, unicode, walk::Facts};

/// Nesting beyond what the parser lets through by its caps.
const MAX_DEPTH: usize = 3_000;

/// Walks over the module.
pub(super) fn check<'a>(
    module: &'a ModModule,
    source: &Source<'_>,
    symbols: &Symbols<'a>,
    facts: &Facts<'a>,
    report: &mut Report,
) {
    module.body.iter().for_each(|stmt| shadows::check_top(stmt, report));
    let unchecked = transport::severity(facts);
    let mut shapes = Shapes {
        source,
        symbols,
        facts,
        report,
        loops: Loops::default(),
        floods: 0,
        unchecked,
        in_annotation: false,
        depth: 0,
    };
    shapes.visit_body(&module.body);
}

struct Shapes<'s, 'a, 'r> {
    source: &'s Source<'s>,
    symbols: &'s Symbols<'a>,
    facts: &'s Facts<'a>,
    report: &'r mut Report,
    loops: Loops,
    /// Loops of very many rounds around.
    floods: usize,
    /// How grave an unchecked certificate is here.
    unchecked: Severity,
    in_annotation: bool,
    depth: usize,
}

impl<'s, 'a> Shapes<'s, 'a, '_> {
    fn deeper(&mut self, visit: impl FnOnce(&mut Self)) {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            visit(self);
            self.depth -= 1;
        }
    }

    fn statement(&mut self, stmt: &'a Stmt) {
        shadows::check_assignment(stmt, self.symbols, self.report);
        transport::check_stmt(stmt, self.symbols, self.unchecked, self.report);
        self.loops.jump(stmt);
        match stmt {
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.named(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.named(&assign.target, value);
                }
            }
            Stmt::Expr(only) => {
                if let Expr::StringLiteral(text) = &*only.value {
                    let raw = self.slice(text.range());
                    words::check(raw, text.value.to_str(), text.range(), Place::Description, self.report);
                    return;
                }
            }
            _ => {}
        }
        self.inside(stmt);
    }

    /// What a statement holds, with the loops and functions around it known.
    fn inside(&mut self, stmt: &'a Stmt) {
        let is_scope = matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        if is_scope {
            self.loops.enter_function();
        }
        let is_loop = self.loops.enter(stmt, self.symbols, self.report);
        let is_flood = matches!(stmt, Stmt::For(each) if resources::is_many(&each.iter, self.symbols));
        self.floods += usize::from(is_flood);
        visitor::walk_stmt(self, stmt);
        self.floods -= usize::from(is_flood);
        if is_loop {
            self.loops.leave(self.report);
        }
        if is_scope {
            self.loops.leave_function();
        }
    }

    fn named(&mut self, target: &Expr, value: &Expr) {
        let name = match target {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::StringLiteral(key) => key.value.to_str(),
                _ => return,
            },
            _ => return,
        };
        credentials::check_named(name, value, self.report);
    }

    fn expression(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(literal) => {
                self.text(literal.value.to_str(), literal.range());
                for part in &literal.value {
                    self.check_words(part);
                }
            }
            Expr::FString(string) => {
                for part in &string.value {
                    match part {
                        FStringPart::Literal(literal) => self.text(literal, literal.range()),
                        FStringPart::FString(inner) => {
                            for element in &inner.elements {
                                if let InterpolatedStringElement::Literal(literal) = element {
                                    self.text(literal, literal.range());
                                    let raw = self.slice(literal.range());
                                    words::check(raw, literal, literal.range(), self.place(), self.report);
                                }
                            }
                        }
                    }
                }
            }
            Expr::Dict(dict) => credentials::check_dict(dict, self.report),
            Expr::BinOp(operation) => {
                resources::check_operation(operation, self.symbols, self.report);
                obfuscation::check_sum(operation, self.symbols, self.report);
            }
            Expr::Subscript(part) => {
                obfuscation::check_reversal(&part.value, &part.slice, part.range(), self.symbols, self.report);
            }
            Expr::Compare(compare) => time::check(compare, self.symbols, self.report),
            Expr::Yield(_) | Expr::YieldFrom(_) => self.loops.hand_out(),
            Expr::Call(call) => self.call(call),
            _ => {}
        }
        let floods = self.floods;
        self.floods += comprehension(expr).iter().filter(|each| resources::is_many(&each.iter, self.symbols)).count();
        visitor::walk_expr(self, expr);
        self.floods = floods;
    }

    fn call(&mut self, call: &'a ExprCall) {
        let path = self.symbols.path(&call.func).unwrap_or_default();
        let (symbols, report) = (self.symbols, &mut *self.report);
        credentials::check_call(call, symbols, report);
        commands::check_call(call, &path, symbols, report);
        files::check_call(call, &path, symbols, report);
        obfuscation::check_call(call, &path, symbols, report);
        patterns::check_call(call, &path, symbols, report);
        questions::check_call(call, &path, symbols, report);
        resources::check_call(call, &path, symbols, report);
        transport::check_call(call, &path, self.unchecked, report);
        let is_request = self.facts.resolver.request(call, symbols).is_some();
        if is_request && self.floods > 0 {
            resources::report_flood(call.range(), self.report);
        }
        self.loops.call(&path, is_request);
    }

    /// What any text may hold.
    fn text(&mut self, text: &str, at: TextRange) {
        credentials::check_text(text, at, self.report);
        obfuscation::check_literal(text, at, self.report);
        transport::check_address(text, at, self.report);
        if unicode::has_mixed_word(text) {
            let message = "a word in this text mixes Latin letters with others that only look like them";
            self.report.warning("lookalike_text", at, message, "Write the word with letters of one script.");
        }
    }

    fn check_words(&mut self, part: &StringLiteral) {
        let raw = self.slice(part.range());
        words::check(raw, &part.value, part.range(), self.place(), self.report);
    }

    fn place(&self) -> Place {
        if self.in_annotation { Place::Description } else { Place::Text }
    }

    fn slice(&self, range: TextRange) -> &'s str {
        self.source.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default()
    }
}

fn comprehension(expr: &Expr) -> &[Comprehension] {
    match expr {
        Expr::ListComp(list) => &list.generators,
        Expr::SetComp(set) => &set.generators,
        Expr::DictComp(dict) => &dict.generators,
        Expr::Generator(generator) => &generator.generators,
        _ => &[],
    }
}

impl<'a> Visitor<'a> for Shapes<'_, 'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.deeper(|this| this.statement(stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.deeper(|this| this.expression(expr));
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        let outer = std::mem::replace(&mut self.in_annotation, true);
        self.visit_expr(expr);
        self.in_annotation = outer;
    }
}
