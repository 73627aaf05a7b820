//! What each subcommand does. Most ask the running server over its socket and print the answer.

pub(crate) mod admin;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod doctor;
pub(crate) mod grant;
pub(crate) mod health;
pub(crate) mod key;
pub(crate) mod openapi;
pub(crate) mod package;
pub(crate) mod restore;
pub(crate) mod review;
mod review_evidence;
mod review_packages;
pub(crate) mod rotate;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod server;
pub(crate) mod stdio;
pub(crate) mod token;
pub(crate) mod tools;
pub(crate) mod transfer;
pub(crate) mod worker;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::console::{print, print_line};

/// What is escaped in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// `text` as one segment of a path.
fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Prints JSON, indented.
fn print_json(value: &Value) {
    print_line(&format!("{value:#}"));
}

/// The text of a field, or nothing.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A field as it reads in a table: texts bare, everything else as JSON.
fn cell(value: &Value, field: &str) -> String {
    match value.get(field) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The rows of a list.
fn items(page: &Value) -> &[Value] {
    page.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Prints rows under a head, columns aligned.
fn print_rows(head: &[&str], rows: &[Vec<String>]) {
    let head: Vec<String> = head.iter().map(|word| (*word).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for row in all {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        print_line(cells.join("  ").trim_end());
    }
}

/// Prints without adding a line end.
fn print_text(text: &str) {
    print(text);
    if !text.ends_with('\n') {
        print("\n");
    }
}
