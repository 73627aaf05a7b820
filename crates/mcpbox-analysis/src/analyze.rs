//! The order of the steps: size, nesting, parse, one walk over the tree, the signature, the findings.

use mcpbox_core::server::CodePolicy;
use ruff_text_size::{TextRange, TextSize};
use serde_json::{Value, json};

use crate::{
    Analysis, Severity,
    finding::{About, Finding, Report},
    offers, parse, risk, signature,
    source::Source,
    symbols::Symbols,
    unicode, walk,
};

/// Largest source that is looked at, bytes.
pub const MAX_SOURCE_BYTES: usize = 100 * 1024;

/// Stack of the analysing thread: parsing, walking and dropping a tree recurse. Only touched pages cost memory.
const STACK_BYTES: usize = 128 << 20;

/// Analyses the source of a tool. Whatever the input, this returns: problems are findings.
pub fn analyze(source: &str, policy: CodePolicy) -> Analysis {
    if source.len() > MAX_SOURCE_BYTES {
        let message = format!("the code has {} bytes; at most {MAX_SOURCE_BYTES} are accepted", source.len());
        return empty(vec![finding(
            "too_large",
            message,
            "Split it into several tools, or fetch data instead of embedding it.",
        )]);
    }
    // A thread of its own gives the recursion a known stack and keeps a fault of the parser from reaching the caller.
    let outcome = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("analysis".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || analyze_here(source, policy))
            .ok()
            .and_then(|thread| thread.join().ok())
    });
    outcome.unwrap_or_else(|| {
        let message = "the code could not be analysed".to_owned();
        empty(vec![finding(
            "internal",
            message,
            "Simplify it and try again; if that fails too, report it with the code.",
        )])
    })
}

fn analyze_here(text: &str, policy: CodePolicy) -> Analysis {
    let source = Source::new(text);
    let mut report = Report::new(policy);
    let Some(parsed) = parse::parse(&source, &mut report) else {
        return empty(report.finish(&source));
    };
    let module = parsed.syntax();
    unicode::check(&source, parsed.tokens(), &mut report);
    let symbols = Symbols::collect(&module.body);
    let facts = walk::walk(module, &source, &symbols, &mut report);
    let signature = signature::derive(module, &source, &symbols, &mut report);
    let offers = offers::derive(module, &source, &symbols, &mut report);
    let secret_flows = risk::check(parsed.tokens(), module, &source, &symbols, &facts, &mut report);
    if symbols.is_spent() {
        report.error(
            "too_complex",
            START,
            "names in this code refer to each other too often to be followed",
            "Write constants and types out.",
        );
    }
    Analysis {
        main: signature.main,
        input_schema: signature.input_schema,
        output_schema: signature.output_schema,
        wraps_result: signature.wraps_result,
        description: signature.description,
        prompts: offers.prompts,
        resources: offers.resources,
        imports: facts.imports,
        hosts: facts.hosts,
        secrets: facts.secrets,
        uses_http: facts.uses_http,
        secret_flows,
        findings: report.finish(&source),
    }
}

/// The schema of a tool without parameters.
pub(crate) fn empty_input_schema() -> Value {
    json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
}

fn empty(findings: Vec<Finding>) -> Analysis {
    Analysis {
        findings,
        main: None,
        input_schema: empty_input_schema(),
        output_schema: None,
        wraps_result: false,
        description: None,
        prompts: Vec::new(),
        resources: Vec::new(),
        imports: Vec::new(),
        hosts: Vec::new(),
        secrets: Vec::new(),
        uses_http: false,
        secret_flows: Vec::new(),
    }
}

fn finding(rule: &'static str, message: String, hint: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        rule,
        about: About::Code,
        line: 1,
        column: 1,
        snippet: String::new(),
        message,
        hint: Some(hint.to_owned()),
    }
}

/// The very start of the source, for findings about the whole.
pub(crate) const START: TextRange = TextRange::new(TextSize::new(0), TextSize::new(0));
