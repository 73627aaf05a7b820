//! More than a call may have: memory that is asked for at once, processes, and floods of requests. Limits stop all of it;
//! a reviewer should know who tries.

use ruff_python_ast::{Expr, ExprBinOp, ExprCall, Operator};
use ruff_text_size::{Ranged, TextRange};

use super::constant;
use crate::{finding::Report, symbols::Symbols};

/// Bytes or elements that no tool needs at once; a call has 256 MiB.
const HUGE: f64 = 64.0 * 1024.0 * 1024.0;
/// Rounds of a loop that make its requests a flood.
const MANY: f64 = 1_000.0;

/// Functions that start processes.
const STARTERS: &[&str] = &[
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "concurrent.futures.ProcessPoolExecutor",
    "multiprocessing.Pool",
    "multiprocessing.Process",
    "os.fork",
    "os.forkpty",
    "pty.fork",
    "pty.spawn",
];

/// `[0] * 10**9`, `7 ** 10**10`, `1 << 10**9`.
pub(super) fn check_operation(operation: &ExprBinOp, symbols: &Symbols<'_>, report: &mut Report) {
    let number = |expr: &Expr| constant::number(expr, symbols);
    let is_huge = match operation.op {
        Operator::Mult => {
            let times = |sequence: &Expr, count: &Expr| {
                length(sequence, symbols).zip(number(count)).is_some_and(|(size, count)| size * count >= HUGE)
            };
            times(&operation.left, &operation.right) || times(&operation.right, &operation.left)
        }
        Operator::Pow => number(&operation.left)
            .zip(number(&operation.right))
            .is_some_and(|(base, power)| base.abs() >= 2.0 && power * base.abs().log2() >= HUGE / 8.0),
        Operator::LShift => number(&operation.right).is_some_and(|bits| bits >= HUGE),
        _ => false,
    };
    if is_huge {
        huge(operation.range(), report);
    }
}

/// The size of a literal sequence's elements together.
fn length(expr: &Expr, symbols: &Symbols<'_>) -> Option<f64> {
    match expr {
        Expr::List(list) => Some(list.elts.len() as f64),
        Expr::Tuple(tuple) => Some(tuple.elts.len() as f64),
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) => constant::text(expr, symbols).map(|text| text.len() as f64),
        _ => None,
    }
}

/// `bytearray(10**9)`, `list(range(10**9))`, `"x".ljust(10**9)`, and calls that start processes.
pub(super) fn check_call(call: &ExprCall, path: &str, symbols: &Symbols<'_>, report: &mut Report) {
    let first = call.arguments.args.first();
    let size = match path {
        "bytearray" | "bytes" => first.and_then(|size| constant::number(size, symbols)),
        "list" | "tuple" | "set" | "sorted" => first.and_then(|inner| rounds(inner, symbols)),
        _ => match &*call.func {
            Expr::Attribute(method) if matches!(method.attr.as_str(), "ljust" | "rjust" | "center" | "zfill") => {
                first.and_then(|size| constant::number(size, symbols))
            }
            _ => None,
        },
    };
    if size.is_some_and(|size| size >= HUGE) {
        huge(call.range(), report);
    }
    if STARTERS.contains(&path)
        || path.starts_with("os.exec")
        || path.starts_with("os.spawn")
        || path.starts_with("os.posix_spawn")
    {
        let message = format!("`{path}` starts a process, and a call is one process");
        report.danger("process_start", call, message, "Do the work in this process; use asyncio.gather for waiting.");
    }
}

fn huge(at: TextRange, report: &mut Report) {
    let message = "this asks for more memory at once than a call has";
    report.warning("huge_allocation", at, message, "Work in pieces, or compute the size from the input and cap it.");
}

/// How many values a `range` with constant bounds gives.
pub(super) fn rounds(expr: &Expr, symbols: &Symbols<'_>) -> Option<f64> {
    let Expr::Call(call) = expr else { return None };
    if !matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "range") {
        return None;
    }
    match &*call.arguments.args {
        [end] => constant::number(end, symbols),
        [start, end, ..] => Some(constant::number(end, symbols)? - constant::number(start, symbols)?),
        [] => None,
    }
}

/// Whether so many rounds make requests in them a flood.
pub(super) fn is_many(iter: &Expr, symbols: &Symbols<'_>) -> bool {
    rounds(iter, symbols).is_some_and(|rounds| rounds >= MANY)
}

/// A request in a loop of very many rounds.
pub(super) fn report_flood(at: TextRange, report: &mut Report) {
    let message = "this request is made a thousand times or more in one call";
    report.warning("request_flood", at, message, "Ask for many things in one request, or let the caller say how many.");
}
