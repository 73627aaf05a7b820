//! The packages of a review, as a person reads them.

use serde_json::Value;

use super::{cell, review::visible};

/// One line a package, those that were asked for first; or why there are none.
pub(super) fn lines(report: Option<&Value>) -> Vec<String> {
    let Some(report) = report.filter(|report| report.is_object()) else { return Vec::new() };
    let packages: Vec<&Value> = report.get("packages").and_then(Value::as_array).into_iter().flatten().collect();
    if packages.is_empty() {
        return vec![visible(report.get("consequence").and_then(Value::as_str).unwrap_or_default())];
    }
    let head = ["package", "version", "size", "licence", "known vulnerabilities", ""].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(packages.into_iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(package: &Value) -> [String; 6] {
    let size = package.get("size_bytes").and_then(Value::as_u64);
    let origin = match cell(package, "origin").as_str() {
        "requested" => "asked for",
        "base" => "every tool has it",
        _ => "",
    };
    let shown = |field: &str| visible(&cell(package, field));
    [
        shown("name"),
        shown("version"),
        size.map_or_else(|| "-".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6)),
        shown("license"),
        vulnerabilities(package.get("vulnerabilities")),
        origin.to_owned(),
    ]
}

fn vulnerabilities(check: Option<&Value>) -> String {
    let found = check.and_then(|check| check.get("found")).and_then(Value::as_array);
    match found {
        None => "not checked".to_owned(),
        Some(found) if found.is_empty() => "none".to_owned(),
        Some(found) => {
            let one = |known: &Value| match known.get("summary").and_then(Value::as_str) {
                Some(summary) => visible(&format!("{} ({summary})", cell(known, "id"))),
                None => visible(&cell(known, "id")),
            };
            found.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    }
}
