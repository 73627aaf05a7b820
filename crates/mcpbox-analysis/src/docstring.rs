//! Docstrings: the summary, and descriptions of parameters and the result, from Google, NumPy, reST and Epytext style.

mod entries;
mod fieldlist;
mod sections;

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt};

/// Longest description, characters.
const MAX_CHARS: usize = 1_000;

/// What a docstring tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Docstring {
    /// All before the first section.
    pub(crate) summary: String,
    /// Descriptions by parameter (or attribute) name.
    pub(crate) parameters: HashMap<String, String>,
    /// Description of the result.
    pub(crate) returns: Option<String>,
}

/// The docstring of a body.
pub(crate) fn of_body(body: &[Stmt]) -> Option<Docstring> {
    let Stmt::Expr(first) = body.first()? else { return None };
    let Expr::StringLiteral(text) = &*first.value else { return None };
    Some(parse(text.value.to_str()))
}

/// Reads the text of a docstring.
pub(crate) fn parse(text: &str) -> Docstring {
    let lines = clean(text);
    let mut docstring = Docstring::default();
    let mut summary: Vec<&str> = Vec::new();
    let mut index = 0;
    let mut is_summary = true;
    while let Some(line) = lines.get(index) {
        let rest = lines.get(index..).unwrap_or_default();
        if let Some(section) = sections::header(rest) {
            is_summary = false;
            index += section.header_lines;
            index += sections::read(&section, lines.get(index..).unwrap_or_default(), &mut docstring);
        } else if let Some(used) = fieldlist::read(rest, &mut docstring) {
            is_summary = false;
            index += used;
        } else {
            if is_summary {
                summary.push(line);
            }
            index += 1;
        }
    }
    docstring.summary = clip(&paragraphs(&summary));
    docstring
}

/// Cuts a description to its longest length.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.trim().to_owned(),
    }
}

/// Lines without the common indentation, as `inspect.cleandoc` has them.
fn clean(text: &str) -> Vec<String> {
    let lines: Vec<String> = text.lines().map(|line| line.replace('\t', "    ")).collect();
    let margin =
        lines.iter().skip(1).filter(|line| !line.trim().is_empty()).map(|line| indentation(line)).min().unwrap_or(0);
    let cut = |(index, line): (usize, &String)| {
        let body = if index == 0 { line.trim_start() } else { line.get(margin..).unwrap_or_default() };
        body.trim_end().to_owned()
    };
    lines.iter().enumerate().map(cut).collect()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Lines joined to paragraphs; empty lines separate them, indented and list lines keep their breaks.
fn paragraphs(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let keeps_break = line.is_empty() || line.starts_with([' ', '-', '*', '>']) || line.starts_with("```");
        if !text.is_empty() {
            text.push(if keeps_break || text.ends_with('\n') { '\n' } else { ' ' });
        }
        text.push_str(line);
        if line.is_empty() && !text.ends_with('\n') && !text.is_empty() {
            text.push('\n');
        }
    }
    text.trim().to_owned()
}
