//! Loops without an end. A call is stopped at its time limit anyway; a loop that runs into it is a mistake or an attack.

use ruff_python_ast::{Expr, Number, Stmt, UnaryOp};
use ruff_text_size::TextRange;

use crate::{finding::Report, symbols::Symbols};

const RULE: &str = "endless_loop";
const HINT: &str = "Count the rounds or keep a deadline: for attempt in range(20): …";

/// Loops around the current statement, innermost last; functions stand between them.
#[derive(Default)]
pub(super) struct Loops {
    open: Vec<Option<Open>>,
}

struct Open {
    at: TextRange,
    is_endless: bool,
    ends: bool,
    sleeps: bool,
    requests: bool,
}

impl Loops {
    /// A loop begins; gives whether `stmt` is one.
    pub(super) fn enter(&mut self, stmt: &Stmt, symbols: &Symbols<'_>, report: &mut Report) -> bool {
        let (at, is_endless) = match stmt {
            Stmt::While(each) => {
                if is_empty(&each.body) && !is_always(&each.test) {
                    let message = "this loop does nothing but burn the processor until something else happens";
                    report.warning("busy_loop", each.range, message, "Wait with await asyncio.sleep(seconds).");
                }
                (each.range, is_always(&each.test))
            }
            Stmt::For(each) => (each.range, is_endless_iterable(&each.iter, symbols)),
            _ => return false,
        };
        self.open.push(Some(Open { at, is_endless, ends: false, sleeps: false, requests: false }));
        true
    }

    /// The loop ends.
    pub(super) fn leave(&mut self, report: &mut Report) {
        let Some(Some(done)) = self.open.pop() else { return };
        if !done.is_endless {
            return;
        }
        if !done.ends {
            report.warning(RULE, done.at, "this loop never ends; only the time limit of the call stops it", HINT);
        } else if done.sleeps {
            report.warning(RULE, done.at, "this loop waits for something that may never come, with no deadline", HINT);
        } else if done.requests {
            report.notice(RULE, done.at, "how often this loop makes its request depends on the answers alone", HINT);
        }
    }

    /// A function begins: what is in it ends no loop around it.
    pub(super) fn enter_function(&mut self) {
        self.open.push(None);
    }

    /// The function ends.
    pub(super) fn leave_function(&mut self) {
        self.open.pop();
    }

    /// A statement that leaves loops.
    pub(super) fn jump(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Break(_) => self.inner().take(1).for_each(|open| open.ends = true),
            Stmt::Return(_) | Stmt::Raise(_) => self.inner().for_each(|open| open.ends = true),
            _ => {}
        }
    }

    /// A generator hands out values, and who takes them decides when to stop.
    pub(super) fn hand_out(&mut self) {
        self.inner().for_each(|open| open.ends = true);
    }

    /// A call by its dotted path.
    pub(super) fn call(&mut self, path: &str, is_request: bool) {
        let sleeps = matches!(path, "asyncio.sleep" | "time.sleep");
        if sleeps || is_request {
            self.inner().take(1).for_each(|open| {
                open.sleeps |= sleeps;
                open.requests |= is_request;
            });
        }
    }

    fn inner(&mut self) -> impl Iterator<Item = &mut Open> {
        self.open.iter_mut().rev().map_while(Option::as_mut)
    }
}

/// `while True`
fn is_always(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(literal) => matches!(&literal.value, Number::Int(int) if int.as_u8() != Some(0)),
        Expr::StringLiteral(literal) => !literal.value.is_empty(),
        Expr::UnaryOp(not) if not.op == UnaryOp::Not => match &*not.operand {
            Expr::BooleanLiteral(literal) => !literal.value,
            Expr::NoneLiteral(_) => true,
            _ => false,
        },
        _ => false,
    }
}

fn is_empty(body: &[Stmt]) -> bool {
    body.iter().all(|stmt| match stmt {
        Stmt::Pass(_) | Stmt::Continue(_) => true,
        Stmt::Expr(only) => only.value.is_literal_expr(),
        _ => false,
    })
}

/// `itertools.count()` and its like.
fn is_endless_iterable(iter: &Expr, symbols: &Symbols<'_>) -> bool {
    let Expr::Call(call) = iter else { return false };
    let arguments = call.arguments.args.len() + call.arguments.keywords.len();
    match symbols.path(&call.func).as_deref() {
        Some("itertools.count" | "itertools.cycle") => true,
        Some("itertools.repeat") => arguments == 1,
        Some("iter") => arguments == 2,
        _ => false,
    }
}
