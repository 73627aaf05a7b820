//! Workers that die, hang, end and come back. A call that may have run is never run again.

use std::time::{Duration, Instant};

use mcpbox_core::failure::FailureKind;
use mcpbox_sandbox::WorkerState;

use crate::support::{KEY, SLEEP, Worker, is_up, run, sample, spawn, until, workers, workers_with};

const ONE: &str = "def main():\n    return 1\n";
const RUNNING: &str = "mcpbox_sandbox_running{environment=\"lean\"}";

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_is_out_at_once_and_back_when_it_runs_again() {
    let (mut dying, other) = (Worker::start("killed"), Worker::start("survivor"));
    let workers = workers(&[&dying.url, &other.url]).await;
    let calls: Vec<_> = (0..4).map(|_| spawn(&workers, SLEEP)).collect();
    until("all run", || dying.metric(RUNNING) == 2.0 && other.metric(RUNNING) == 2.0).await;

    dying.kill();
    let begun = Instant::now();
    // Calls go on meanwhile, each on the other worker.
    while is_up(&workers, &dying.url) {
        assert!(begun.elapsed() < Duration::from_secs(2), "a dead worker is out within 2 s");
        assert!(run(&workers, ONE).await.result.is_ok());
    }
    println!("killed: out after {:?}", begun.elapsed());
    until("its calls end", || calls.iter().filter(|call| call.is_finished()).count() == 2).await;
    let mut lost = 0;
    for call in calls {
        if call.is_finished() {
            let failure = call.await.unwrap().result.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Unavailable);
            assert!(failure.message.contains("may or may not have run"), "{failure}");
            assert!(failure.hint.unwrap().contains("before you call again"));
            lost += 1;
        } else {
            call.abort();
        }
    }
    assert_eq!(lost, 2, "the calls of the other worker go on");
    assert!(run(&workers, ONE).await.result.is_ok());
    let calls =
        |outcome: &str, url: &str| format!("mcpbox_worker_calls_total{{worker=\"{url}\",outcome=\"{outcome}\"}}");
    assert_eq!(sample(&workers.metrics(), &calls("lost", &dying.url)), 2.0);

    let back = dying.again();
    let took = until("it is back", || is_up(&workers, &back.url)).await;
    println!("restarted: back after {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    for _ in 0..2 {
        assert!(run(&workers, ONE).await.result.is_ok());
    }
    let ok = "mcpbox_sandbox_calls_total{environment=\"lean\",outcome=\"ok\"}";
    assert!(back.metric(ok) >= 1.0, "it gets calls again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_worker_is_out_within_two_seconds_and_its_calls_are_given_up() {
    let (hanging, other) = (Worker::start("hanging"), Worker::start("awake"));
    let workers = workers(&[&hanging.url, &other.url]).await;
    let calls: Vec<_> = (0..2).map(|_| spawn(&workers, SLEEP)).collect();
    until("both run", || hanging.metric(RUNNING) == 1.0 && other.metric(RUNNING) == 1.0).await;

    hanging.signal("STOP");
    let took = until("it is out", || !is_up(&workers, &hanging.url)).await;
    println!("stopped: out after {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    for _ in 0..4 {
        assert!(run(&workers, ONE).await.result.is_ok());
    }
    until("its call is given up", || calls.iter().any(tokio::task::JoinHandle::is_finished)).await;
    let mut others = 0;
    for call in calls {
        if !call.is_finished() {
            others += 1;
            call.abort();
            continue;
        }
        let failure = call.await.unwrap().result.unwrap_err();
        assert!(failure.message.contains("may or may not have run"), "{failure}");
    }
    assert_eq!(others, 1);

    hanging.signal("CONT");
    until("it is back", || is_up(&workers, &hanging.url)).await;
    until("the call that was given up ends there too", || hanging.metric(RUNNING) == 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_worker_a_call_is_refused_at_once_with_a_hint() {
    let mut worker = Worker::start("last");
    let workers = workers(&[&worker.url]).await;
    assert!(run(&workers, ONE).await.result.is_ok());
    worker.kill();
    // The first call may meet a connection that is just dying; none may wait.
    for _ in 0..3 {
        let begun = Instant::now();
        let failure = run(&workers, ONE).await.result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{failure}");
        assert!(failure.hint.is_some() && begun.elapsed() < Duration::from_secs(2), "{failure}");
    }
    until("it is out", || !is_up(&workers, &worker.url)).await;
    let failure = run(&workers, ONE).await.result.unwrap_err();
    assert_eq!(failure.message, "no sandbox worker is there to run this call");
    assert!(failure.hint.unwrap().contains("did not run"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_end_finishes_its_calls_and_new_ones_go_elsewhere() {
    let (ending, other) = (Worker::start("ending"), Worker::start("staying"));
    let workers = workers(&[&ending.url, &other.url]).await;
    let brief = "import time\ndef main():\n    time.sleep(1.5)\n    return 'done'\n";
    let calls: Vec<_> = (0..2).map(|_| spawn(&workers, brief)).collect();
    until("both run", || ending.metric(RUNNING) == 1.0 && other.metric(RUNNING) == 1.0).await;
    let terminated = std::thread::spawn(move || ending.terminate());
    for _ in 0..10 {
        let result = run(&workers, ONE).await.result;
        assert!(result.is_ok(), "no call is lost: {result:?}");
    }
    for call in calls {
        assert_eq!(call.await.unwrap().result.unwrap().value, "done");
    }
    let took = terminated.join().unwrap();
    assert!(took < Duration::from_secs(5), "{took:?}");

    let cut = spawn(&workers, SLEEP);
    until("it runs", || other.metric(RUNNING) == 1.0).await;
    assert!(other.terminate() < Duration::from_secs(5));
    assert_eq!(
        cut.await.unwrap().result.unwrap_err().kind,
        FailureKind::Cancelled,
        "a call that takes too long is cut off"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_in_words_and_the_right_worker_does_the_work() {
    let worker = Worker::start("keyed");
    let wrong = workers_with(&[&worker.url], &"0".repeat(64)).await;
    let [(_, WorkerState::Down(reason))] = &wrong.states()[..] else { panic!("{:?}", wrong.states()) };
    assert!(reason.contains("MCPBOX_SANDBOX_KEY"), "{reason}");
    assert_eq!(run(&wrong, ONE).await.result.unwrap_err().kind, FailureKind::Unavailable);
    let right = workers_with(&[&worker.url], KEY).await;
    assert!(run(&right, ONE).await.result.is_ok());
    assert!(worker.metric("mcpbox_sandbox_worker_refusals_total{outcome=\"key\"}") >= 1.0);
}
