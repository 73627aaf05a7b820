//! Long logs: what is read of them is exact, stays in place while more is written, and comes at once.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use mcpbox_core::{
    call::{CallCursor, CallRecord, Profile},
    execute::Observed,
    failure::{Failure, FailureKind},
    ids::CallId,
    paging::{LogPage, LogRequest},
    principal::Actor,
};
use mcpbox_store::{
    Store,
    audit::{self, AuditFilter},
    calls::{self, CallCounts, CallFigures, CallFilter, Span},
};
use serde_json::json;

use crate::{database::on_both, making};

const ROWS: i64 = 50_000;
/// A question to 50,000 rows is answered in this time; unoptimised, on a busy machine, it may take a few times as long.
const AT_ONCE: Duration = Duration::from_millis(100);
const SLACK: u32 = 5;

async fn insert(store: &Store, records: &[CallRecord]) {
    let tx = store.begin_log().await.unwrap();
    calls::insert_many(&tx, records).await.unwrap();
    tx.commit().await.unwrap();
}

/// A run a second; every tenth fails; durations are a permutation of 1 to `ROWS`, so that each percentile is known.
fn run(of: &CallRecord, number: i64) -> CallRecord {
    let duration_us = u64::try_from(number * 7_919 % ROWS + 1).unwrap();
    let failure = (number % 10 == 0).then(|| Failure::new(FailureKind::Timeout, "too slow"));
    CallRecord {
        id: CallId::generate(),
        failure,
        observed: Observed { duration_us, ..Observed::default() },
        started_at: making::later(number),
        ..of.clone()
    }
}

async fn fastest<T>(ask: impl AsyncFn() -> T) -> (T, Duration) {
    let mut best = Duration::MAX;
    for _ in 0..2 {
        let started = Instant::now();
        ask().await;
        best = best.min(started.elapsed());
    }
    let started = Instant::now();
    let answer = ask().await;
    (answer, best.min(started.elapsed()))
}

fn check_time(what: &str, took: Duration) {
    eprintln!("{what}: {took:?}");
    assert!(took < AT_ONCE * SLACK, "{what} took {took:?}");
}

#[test]
fn fifty_thousand_runs_are_listed_searched_and_summed_up_at_once() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let of = making::call(&server, &tool, &version);
        for part in (0..ROWS).collect::<Vec<_>>().chunks(10_000) {
            insert(&store, &part.iter().map(|number| run(&of, *number)).collect::<Vec<_>>()).await;
        }
        let reader = store.reader();
        let all = CallFilter { profile: Some(Profile::Live), tool: Some(tool.id), ..CallFilter::default() };
        let whole = Span { begin: making::later(0), end: making::later(ROWS) };
        let (found, took) = fastest(async || calls::series(&reader, &all, &[whole]).await.unwrap()).await;
        let expected = CallFigures { total: 50_000, failed: 5_000, p50_us: Some(25_000), p95_us: Some(47_500) };
        assert_eq!(found, [expected]);
        check_time("the whole", took);

        let step = ROWS / 50;
        let spans: Vec<_> = (0..=50)
            .map(|part| Span { begin: making::later(part * step), end: making::later((part + 1) * step) })
            .collect();
        let everywhere = CallFilter::default();
        let (found, took) = fastest(async || calls::series(&reader, &everywhere, &spans).await.unwrap()).await;
        for (part, figures) in (0..50).zip(&found) {
            assert_eq!(*figures, by_hand(part * step..(part + 1) * step), "part {part}");
        }
        assert_eq!(found.last(), Some(&CallFigures::default()), "nothing ran after the end");
        check_time("fifty parts", took);

        let deep = Some(CallCursor { started_at: making::later(100), id: CallId::default() });
        for (what, older_than) in [("the newest", None), ("the oldest", deep)] {
            let request = LogRequest::new(older_than, 100);
            let (page, took) = fastest(async || calls::list(&reader, &all, request).await.unwrap()).await;
            assert_eq!(page.items.len(), 100);
            check_time(what, took);
        }
        let (counts, took) = fastest(async || calls::counts(&reader, &all).await.unwrap()).await;
        assert_eq!(counts, CallCounts { total: 50_000, failed: 5_000 });
        check_time("counts", took);
        let rare = CallFilter { text: Some("not there".into()), ..all.clone() };
        let (page, took) = fastest(async || calls::list(&reader, &rare, LogRequest::newest(100)).await.unwrap()).await;
        assert_eq!(page, LogPage { items: vec![], next_cursor: None });
        // The one question that reads every row with its texts.
        eprintln!("a text that is nowhere: {took:?}");
        assert!(took < Duration::from_secs(5), "a search took {took:?}");
    });
}

/// What [`calls::series`] must say of these runs.
fn by_hand(numbers: std::ops::Range<i64>) -> CallFigures {
    let mut durations: Vec<_> = numbers.clone().map(|number| (number * 7_919 % ROWS + 1).unsigned_abs()).collect();
    durations.sort_unstable();
    let at = |percent: usize| durations.get((durations.len() * percent).div_ceil(100) - 1).copied();
    let failed = numbers.filter(|number| number % 10 == 0).count() as u64;
    CallFigures { total: durations.len() as u64, failed, p50_us: at(50), p95_us: at(95) }
}

#[test]
fn a_log_is_read_to_its_end_without_gap_or_repetition_while_more_is_written() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let of = making::call(&server, &tool, &version);
        // Three at each moment, so that moments alone cannot be the cursor.
        let at = |number: i64| CallRecord { started_at: making::later(number / 3), ..run(&of, number) };
        let old: Vec<_> = (0..25).map(at).collect();
        insert(&store, &old).await;
        let (mut read, mut place) = (Vec::new(), None);
        loop {
            let request = LogRequest::new(place, 4);
            let page = calls::list(&store.reader(), &CallFilter::default(), request).await.unwrap();
            read.extend(page.items.iter().map(|record| record.id));
            insert(&store, &[at(1_000 + read.len() as i64)]).await;
            let Some(next) = page.next_cursor else { break };
            place = Some(next.parse::<CallCursor>().unwrap());
        }
        let mut expected = old;
        expected.sort_by_key(|record| std::cmp::Reverse((record.started_at, record.id)));
        assert_eq!(read, expected.iter().map(|record| record.id).collect::<Vec<_>>());
    });
}

#[test]
fn the_audit_is_read_to_its_end_while_more_is_written_and_searched() {
    on_both(async |database| {
        let store = database.store().await;
        let write = async |subject: &str, second: i64| {
            let tx = store.begin().await.unwrap();
            audit::append(&tx, making::entry(subject), making::later(second)).await.unwrap();
            tx.commit().await.unwrap();
        };
        for number in 1..=7 {
            write(&format!("tool:{number}"), number).await;
        }
        let (mut read, mut place) = (Vec::new(), None);
        loop {
            let request = LogRequest::new(place, 3);
            let page = audit::log(&store.reader(), &AuditFilter::default(), request).await.unwrap();
            read.extend(page.items.iter().map(|event| event.sequence));
            write("tool:late", 60).await;
            let Some(next) = page.next_cursor else { break };
            place = Some(next.parse().unwrap());
        }
        assert_eq!(read, [7, 6, 5, 4, 3, 2, 1]);
        let none = AuditFilter::default();
        let cases = [
            (AuditFilter { until: Some(making::later(2)), ..none.clone() }, vec![1]),
            (AuditFilter { text: Some("TOOL:3".into()), ..none.clone() }, vec![3]),
            (AuditFilter { text: Some("%".into()), ..none.clone() }, vec![]),
            (AuditFilter { text: Some("late".into()), until: Some(making::later(60)), ..none.clone() }, vec![]),
        ];
        for (filter, expected) in cases {
            let page = audit::log(&store.reader(), &filter, LogRequest::newest(100)).await.unwrap();
            assert_eq!(page.items.iter().map(|event| event.sequence).collect::<Vec<_>>(), expected, "{filter:?}");
        }
    });
}

#[test]
fn a_run_is_found_by_every_text_of_it() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let plain = making::call(&server, &tool, &version);
        let full = CallRecord {
            id: CallId::generate(),
            tool_name: "forecast".into(),
            actor: Actor::admin("Ada"),
            arguments: json!({"city": "Zürich", "quote": "say \"hi\""}),
            result: json!(["100% dry_ish"]),
            stdout: "looked\nup".into(),
            failure: Some(Failure::new(FailureKind::Exception, "KeyError: 'Wind'")),
            ..plain.clone()
        };
        let child = CallRecord { id: CallId::generate(), parent_id: Some(full.id), ..plain.clone() };
        insert(&store, &[plain, full.clone(), child.clone()]).await;
        let found = async |wanted: &str| {
            let filter = CallFilter { text: Some(wanted.into()), ..CallFilter::default() };
            let page = calls::list(&store.reader(), &filter, LogRequest::newest(100)).await.unwrap();
            page.items.into_iter().map(|record| record.id).collect::<Vec<_>>()
        };
        let all_of_it =
            ["weather__forecast", "Forecast", "ADA", "zürich", "Zürich", "say \"hi\"", "100% DRY_", "looked\nup"];
        for wanted in all_of_it.into_iter().chain(["keyerror: 'wind'", "\"city\":\"z"]) {
            assert_eq!(found(wanted).await, [full.id], "{wanted}");
        }
        for wanted in ["100_ dry", "forecast__weather", "nowhere"] {
            assert_eq!(found(wanted).await, [], "{wanted}");
        }
        let mut family = found(&full.id.to_string()).await;
        family.sort();
        assert_eq!(family, [full.id, child.id], "an id means its run and those that it made");
    });
}

#[test]
fn text_of_another_day_is_left_out() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let old = making::call(&server, &tool, &version);
        insert(&store, std::slice::from_ref(&old)).await;
        let later = old.started_at + TimeDelta::days(1);
        let text = Some("hello".to_owned());
        for (filter, expected) in [
            (CallFilter { text: text.clone(), until: Some(later), ..CallFilter::default() }, 1),
            (CallFilter { text, since: Some(later), ..CallFilter::default() }, 0),
        ] {
            assert_eq!(calls::counts(&store.reader(), &filter).await.unwrap().total, expected);
        }
    });
}
