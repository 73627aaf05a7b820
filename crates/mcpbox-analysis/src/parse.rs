//! Source text to a syntax tree, with syntax errors as findings. Nesting is capped before parsing, because deep nesting
//! costs the parser quadratic time, and every later step recurses over the tree.

use ruff_python_ast::{ModModule, PythonVersion, token::TokenKind};
use ruff_python_parser::{Mode, ParseOptions, Parsed, lexer::lex, parse_unchecked};
use ruff_text_size::{TextRange, TextSize};

use crate::{finding::Report, source::Source};

/// Open brackets at once; CPython's own limit.
const MAX_BRACKETS: usize = 200;
/// Blocks within blocks; CPython's own limit of indentation.
const MAX_INDENTATION: usize = 100;
/// F-strings within f-strings.
const MAX_FORMAT_STRINGS: usize = 16;
/// Operators, attributes, calls and conditions within one expression.
const MAX_CHAIN: usize = 1_000;
/// Syntax errors that are reported; the rest are mostly echoes of the first.
const MAX_SYNTAX_ERRORS: usize = 20;

/// Parses a module, recovering from errors. None when it is nested too deeply to be looked at.
pub(crate) fn parse(source: &Source<'_>, report: &mut Report) -> Option<Parsed<ModModule>> {
    if let Err((line, what)) = check_nesting(source.text) {
        let offset = source.lines().nth(line).map_or(0, |(start, _)| start);
        let at = TextRange::empty(TextSize::try_from(offset).unwrap_or_default());
        report.error(
            "too_deep",
            at,
            format!("the code is nested too deeply: {what}"),
            "Split it into functions or statements.",
        );
        return None;
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY311);
    let parsed = parse_unchecked(source.text, options).try_into_module()?;
    for error in parsed.errors().iter().take(MAX_SYNTAX_ERRORS) {
        report.error(
            "syntax",
            error.location,
            format!("syntax error: {}", error.error),
            syntax_hint(source, error.location),
        );
    }
    for error in parsed.unsupported_syntax_errors().iter().take(MAX_SYNTAX_ERRORS) {
        let message = format!("newer syntax: {error}");
        report.warning(
            "newer_syntax",
            error.range,
            message,
            "Write it so that Python 3.11 understands it, or make sure that the box runs a newer one.",
        );
    }
    Some(parsed)
}

/// Whether a piece of source is within the caps on nesting.
pub(crate) fn is_flat(text: &str) -> bool {
    check_nesting(text).is_ok()
}

fn syntax_hint(source: &Source<'_>, at: TextRange) -> &'static str {
    let snippet = source.snippet(at.start());
    let text = snippet.trim_start();
    if text.starts_with("```") {
        "Send the Python source only, without a Markdown fence."
    } else if text.starts_with("print ") {
        "Python 3: print is a function."
    } else {
        "Correct this line and send the code again."
    }
}

#[derive(Default)]
struct Nesting {
    /// Chain length at each open bracket, outermost first; the last is the current one.
    chains: Vec<usize>,
    chain: usize,
    indentation: usize,
    format_strings: usize,
}

/// Checks the caps over the plain token stream. The error is the line, from 0, and what is too deep.
fn check_nesting(text: &str) -> Result<(), (usize, &'static str)> {
    let mut lexer = lex(text, Mode::Module);
    let mut nesting = Nesting::default();
    let mut line = 0;
    loop {
        let kind = lexer.next_token();
        if kind == TokenKind::EndOfFile {
            return Ok(());
        }
        line += usize::from(matches!(kind, TokenKind::Newline | TokenKind::NonLogicalNewline));
        nesting.step(kind).map_err(|what| (line, what))?;
    }
}

impl Nesting {
    fn step(&mut self, kind: TokenKind) -> Result<(), &'static str> {
        use TokenKind as T;
        match kind {
            T::Lpar | T::Lsqb | T::Lbrace => {
                self.chains.push(self.chain + 1);
                self.chain += 1;
            }
            T::Rpar | T::Rsqb | T::Rbrace => self.chain = self.chains.pop().unwrap_or(0),
            T::Comma => self.chain = self.chains.last().copied().unwrap_or(0),
            T::Newline | T::Semi => *self = Self { indentation: self.indentation, ..Self::default() },
            T::Indent => self.indentation += 1,
            T::Dedent => self.indentation = self.indentation.saturating_sub(1),
            T::FStringStart | T::TStringStart => self.format_strings += 1,
            T::FStringEnd | T::TStringEnd => self.format_strings = self.format_strings.saturating_sub(1),
            _ if deepens(kind) => self.chain += 1,
            _ => {}
        }
        match () {
            () if self.chains.len() > MAX_BRACKETS => Err("more than 200 open brackets"),
            () if self.indentation > MAX_INDENTATION => Err("more than 100 levels of indentation"),
            () if self.format_strings > MAX_FORMAT_STRINGS => Err("more than 16 f-strings within each other"),
            () if self.chain > MAX_CHAIN => Err("an expression of more than 1000 parts"),
            () => Ok(()),
        }
    }
}

fn deepens(kind: TokenKind) -> bool {
    use TokenKind as T;
    kind.is_operator() && !matches!(kind, T::Equal | T::Colon | T::Ellipsis)
        || matches!(
            kind,
            T::Not | T::And | T::Or | T::If | T::Else | T::Lambda | T::Await | T::Yield | T::For | T::Async | T::Dot
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_capped_per_expression_not_per_file() {
        let long_list = format!("x = [{}]\n", "-1 + a.b, ".repeat(5_000));
        let long_file = "x = -1 + a.b(c)[0]\n".repeat(5_000);
        let long_text = format!("x = ({})\n", "'a'\n".repeat(5_000));
        for fine in [long_list, long_file, long_text] {
            assert_eq!(check_nesting(&fine), Ok(()));
        }
        for (deep, line) in [
            ("a\n".to_owned() + &"(".repeat(201), 1),
            ("-".repeat(1_001), 0),
            ("a.".repeat(1_001), 0),
            ("f'{".repeat(17), 0),
            ("a if b else ".repeat(600), 0),
        ] {
            assert_eq!(check_nesting(&deep).map_err(|(line, _)| line), Err(line), "{}", &deep[..20]);
        }
        let blocks: String = (0..=101).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
        assert!(check_nesting(&blocks).is_err());
    }
}
