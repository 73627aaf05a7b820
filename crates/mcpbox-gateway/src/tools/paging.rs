//! Long lists come in parts: an answer that is not the last has `next_cursor`, and in `next` the call that goes on.

use mcpbox_core::{
    failure::{Failure, FailureKind},
    paging::{Page, PageRequest},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Argument, Arguments, Kind, same_call};
use crate::result::answer;

/// Where to go on.
pub(super) const CURSOR: Argument = Argument::optional("cursor", Kind::Text, "");

/// The part of a list that is asked for.
pub(super) fn asked(arguments: &Arguments, size: u64) -> Result<PageRequest, Failure> {
    let number = arguments.maybe_text("cursor").map_or(Ok(1), str::parse);
    number.ok().filter(|number| *number > 0).map(|number| PageRequest::new(number, size)).ok_or_else(|| {
        Failure::new(FailureKind::InvalidArguments, "'cursor' is none that was given out")
            .argument("cursor")
            .hint("leave it out to begin, then pass next_cursor of the last answer")
    })
}

/// The answer of `tool`, with how to go on when there is more than this part of `total`.
pub(super) fn part(tool: &str, arguments: &Arguments, told: &impl Serialize, part: PageRequest, total: u64) -> Answer {
    let mut told = json!(told);
    if let Some(number) = following(part, total) {
        let cursor = json!(number.to_string());
        put(&mut told, "next_cursor", cursor.clone());
        go_on(&mut told, tool, arguments, ("cursor", cursor));
    }
    answer(&told)
}

/// The same for a list that is asked for by `page`.
pub(super) fn page<T: Serialize>(tool: &str, arguments: &Arguments, page: &Page<T>) -> Answer {
    let mut told = json!(page);
    if let Some(number) = following(PageRequest::new(page.page, page.page_size), page.total) {
        go_on(&mut told, tool, arguments, ("page", json!(number)));
    }
    answer(&told)
}

/// The number of the part that follows, if one does.
fn following(part: PageRequest, total: u64) -> Option<u64> {
    let seen = part.offset().saturating_add(part.limit());
    (seen < total).then_some(seen / part.limit() + 1)
}

fn go_on(told: &mut Value, tool: &str, arguments: &Arguments, (name, value): (&str, Value)) {
    let mut call = same_call(tool, arguments.given());
    call.arguments.insert(name.to_owned(), value);
    let step = json!({"step": "see the next ones", "call": call});
    match told.get_mut("next").and_then(Value::as_array_mut) {
        Some(next) => next.push(step),
        None => put(told, "next", json!([step])),
    }
}

fn put(told: &mut Value, name: &str, value: Value) {
    if let Some(told) = told.as_object_mut() {
        told.insert(name.to_owned(), value);
    }
}
