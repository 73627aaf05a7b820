//! Questions of runs to the user of a client that sends the call again with the answer: whose answers count, once, for what.

use std::{collections::BTreeMap, sync::Arc};

use mcpbox_catalog::{Catalog, author, call};
use mcpbox_core::{
    ask::{Asking, Came, Rounds},
    execute::{Observer, Unobserved},
    failure::{Failure, FailureKind},
    principal::Principal,
};
use serde_json::{Value, json};

use crate::support::{ADD, World, object};

struct Client(Arc<Rounds>);

impl Observer for Client {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<String>) {}
    fn log(&self, _: String) {}
    fn asking(&self) -> Asking {
        Asking::Again(self.0.clone())
    }
}

/// What came of a call that brings this state and answer.
async fn send(
    (cat, who): (&Arc<Catalog>, &Principal),
    arguments: Value,
    state: Option<&str>,
    answers: Value,
) -> (Result<Value, FailureKind>, Option<Came>) {
    let answers: BTreeMap<String, Value> = object(answers).into_iter().collect();
    let rounds = Arc::new(Rounds::new(state.map(str::to_owned), answers));
    let reply = call::call_tool(cat, who, "s__add", object(arguments), Arc::new(Client(rounds.clone()))).await;
    (reply.result.map(|output| output.value).map_err(|failure| failure.kind), rounds.came())
}

fn state_of(sent: (Result<Value, FailureKind>, Option<Came>)) -> String {
    match sent {
        (Err(FailureKind::Asked), Some(Came::Asked { state, .. })) => state,
        other => panic!("it did not ask: {other:?}"),
    }
}

fn refusal((result, came): (Result<Value, FailureKind>, Option<Came>)) -> Failure {
    match came {
        Some(Came::Refused(failure)) => {
            assert_eq!(result, Err(failure.kind));
            failure
        }
        other => panic!("not refused: {other:?}"),
    }
}

async fn asking_world() -> World {
    let world = World::new().await;
    world.live("s", "add", ADD).await;
    let form =
        json!({"type": "object", "properties": {"room": {"type": "string", "enum": ["bath"]}}, "required": ["room"]});
    *world.executor.asks.lock().unwrap() = vec![json!({"message": "Which room?", "key": "room", "schema": form})];
    world
}

#[tokio::test]
async fn an_answer_counts_once_for_the_same_caller_arguments_and_version_on_any_replica() {
    let world = asking_world().await;
    let yes = || json!({"room": {"action": "accept", "content": {"room": "bath", "extra": 1}}});
    let (here, there) = ((&world.cat, &world.llm), world.replica().await);
    let state = state_of(send(here, json!({"a": 1}), None, json!({})).await);

    let stranger =
        Principal::Remote { subject: "bob".into(), client: None, scopes: vec!["mcp:tools".parse().unwrap()] };
    for (who, arguments, token) in [
        (&stranger, json!({"a": 1}), state.clone()),
        (&world.llm, json!({"a": 2}), state.clone()),
        (&world.llm, json!({"a": 1}), format!("{state}0")),
        (&world.llm, json!({"a": 1}), String::new()),
    ] {
        let failure = refusal(send((&world.cat, who), arguments, Some(&token), yes()).await);
        assert!(failure.message.contains("requestState"), "{failure}");
    }
    assert_eq!(send((&there, &world.llm), json!({"a": 1}), Some(&state), yes()).await, (Ok(json!(3)), None));
    assert!(refusal(send(here, json!({"a": 1}), Some(&state), yes()).await).message.contains("used before"));

    let old = state_of(send(here, json!({"a": 1}), None, json!({})).await);
    world.clock.advance(chrono::TimeDelta::minutes(31));
    assert!(refusal(send(here, json!({"a": 1}), Some(&old), yes()).await).message.contains("older"));

    let state = state_of(send(here, json!({"a": 1}), None, json!({})).await);
    world.update_code("s__add", &ADD.replace("Adds two", "Adds both")).await;
    world.approve(world.publish("s__add").await.review_id).await;
    assert!(refusal(send(here, json!({"a": 1}), Some(&state), yes()).await).message.contains("changed since"));
}

#[tokio::test]
async fn what_is_no_answer_is_refused_and_what_does_not_fit_is_asked_again() {
    let world = asking_world().await;
    let here = (&world.cat, &world.llm);
    for (answers, asks_again) in [
        (json!({"room": 12345}), false),
        (json!({"room": {"action": "maybe"}}), false),
        (json!({"room": {"action": "accept", "content": {"room": "cellar"}}}), true),
        (json!({"room": {"action": "accept"}}), true),
        (json!({"other": {"action": "accept", "content": {}}}), true),
    ] {
        let state = state_of(send(here, json!({"a": 1}), None, json!({})).await);
        let sent = send(here, json!({"a": 1}), Some(&state), answers.clone()).await;
        if asks_again {
            assert_ne!(state_of(sent), state, "{answers}");
        } else {
            assert!(refusal(sent).message.contains("no answer"), "{answers}");
        }
    }
    let no = json!({"room": {"action": "decline"}});
    assert_eq!(send(here, json!({"a": 1}), None, no).await, (Ok(json!(3)), None), "the tool learns of a no");
}

#[tokio::test]
async fn a_test_answers_with_what_it_was_given() {
    let world = asking_world().await;
    let test = |answers: Option<Vec<Value>>| author::TestCode {
        tool: "s__add".into(),
        arguments: object(json!({"a": 1})),
        answers,
        ..Default::default()
    };
    let run = async |answers| author::test_code(&world.cat, &world.llm, test(answers), Arc::new(Unobserved)).await;
    let asked = run(Some(vec![json!({"room": "bath"})])).await.unwrap();
    assert!(asked.succeeded && asked.logs.iter().any(|line| line.contains("Which room? → accept")), "{asked:?}");
    for none in [None, Some(vec![])] {
        let report = run(none).await.unwrap();
        assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::CannotAsk));
    }
    let misfit = run(Some(vec![json!({"room": "cellar"}), json!({"room": "cellar"}), json!({"room": "cellar"})])).await;
    assert_eq!(misfit.unwrap().failure.map(|failure| failure.kind), Some(FailureKind::InvalidArguments));
    assert!(run(Some(vec![json!("bath")])).await.is_err(), "no answer at all");
}
