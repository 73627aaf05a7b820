//! Prompts and resources: listed, asked for, completed and announced, in both eras.

use mcpbox_catalog::author;
use mcpbox_core::paging::PageRequest;
use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::{Listening, Raw},
    double::{ADD, NOTES},
};

async fn both(it: &TestBox) -> [Raw; 2] {
    [Raw::modern(&it.url), Raw::legacy(&it.url).await]
}

fn names(answer: &Value, list: &str, key: &str) -> Vec<String> {
    let all = answer["result"][list].as_array().unwrap_or_else(|| panic!("{answer}"));
    all.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_a_live_version_defines_is_listed_and_nothing_before() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    for client in both(&it).await {
        assert!(names(&client.ask("prompts/list", json!({})).await, "prompts", "name").is_empty());
    }
    it.publish("notes", "notes", NOTES).await;
    for client in both(&it).await {
        let prompts = client.ask("prompts/list", json!({})).await;
        assert_eq!(names(&prompts, "prompts", "name"), ["notes__ask", "notes__plan"]);
        let ask = &prompts["result"]["prompts"][0];
        assert_eq!((&ask["title"], &ask["description"]), (&json!("Ask"), &json!("Asks about a note.")));
        let tone = json!([
            {"name": "topic", "description": "What it is about.", "required": true},
            {"name": "tone", "required": false},
            {"name": "times", "required": false},
        ]);
        assert_eq!(ask["arguments"], tone);
        let resources = client.ask("resources/list", json!({})).await;
        assert_eq!(names(&resources, "resources", "uri"), ["notes://all"]);
        assert_eq!(resources["result"]["resources"][0]["mimeType"], "text/markdown");
        let templates = client.ask("resources/templates/list", json!({})).await;
        assert_eq!(names(&templates, "resourceTemplates", "uriTemplate"), ["notes://{shelf}/{id}"]);
        for (method, answer) in [("prompts", &prompts), ("resources", &resources), ("templates", &templates)] {
            let scope = answer["result"].get("cacheScope");
            assert_eq!(scope, client.session.is_none().then_some(&json!("private")), "{method}");
        }
        let again = client.ask("prompts/list", json!({"cursor": "2"})).await;
        assert_eq!(again["error"]["code"], -32602);
    }
    for (path, count) in [("/tools", 2), ("/author", 0), ("/compact", 0), ("/servers/notes", 2), ("/servers/maths", 0)]
    {
        let client = Raw::modern(&format!("{}{path}", it.url));
        let listed = names(&client.ask("prompts/list", json!({})).await, "prompts", "name").len();
        assert_eq!(listed, count, "{path}");
    }
}

#[tokio::test]
async fn a_prompt_is_run_with_its_arguments_and_kept_in_the_log() {
    let it = TestBox::start().await;
    it.publish("notes", "notes", NOTES).await;
    for client in both(&it).await {
        for name in ["notes__ask", "ask"] {
            let asked = json!({"name": name, "arguments": {"topic": "tea", "times": "2"}});
            let answer = client.ask("prompts/get", asked).await;
            assert_eq!(answer["result"]["description"], "Asks about a note.", "{answer}");
            let said =
                json!([{"role": "user", "content": {"type": "text", "text": "ask {\"times\":2,\"topic\":\"tea\"}"}}]);
            assert_eq!(answer["result"]["messages"], said);
        }
        for (params, code) in [
            (json!({"name": "notes__gone"}), -32602),
            (json!({"name": "notes__ask", "arguments": {}}), -32602),
            (json!({"name": "notes__ask", "arguments": {"topic": "a", "tone": "rude"}}), -32602),
            (json!({"name": "notes__plan"}), -32603),
        ] {
            let answer = client.ask("prompts/get", params.clone()).await;
            assert_eq!(answer["error"]["code"], code, "{params}: {answer}");
            assert!(answer["error"]["data"]["message"].is_string(), "{answer}");
        }
    }
    let who = TestBox::author();
    let logs = loop {
        let logs = author::get_tool_logs(&it.catalog, &who, "notes__notes", PageRequest::new(1, 50)).await.unwrap();
        // Two good runs, two refused and one failed, of each client; they are written a moment later.
        if logs.total >= 10 {
            break logs;
        }
        tokio::task::yield_now().await;
    };
    let entries: Vec<_> = logs.runs.iter().map(|run| json!(run.entry)).collect();
    assert!(entries.contains(&json!({"kind": "prompt", "function": "ask"})), "{entries:?}");
    assert!(entries.contains(&json!({"kind": "prompt", "function": "make_plan"})), "{entries:?}");
}

#[tokio::test]
async fn a_resource_is_read_by_its_uri_and_an_unknown_one_has_the_code_of_the_era() {
    let it = TestBox::start().await;
    it.publish("notes", "notes", NOTES).await;
    for client in both(&it).await {
        let all = client.ask("resources/read", json!({"uri": "notes://all"})).await;
        let expected = json!([{"uri": "notes://all", "mimeType": "text/markdown", "text": "all {}"}]);
        assert_eq!(all["result"]["contents"], expected, "{all}");
        let one = client.ask("resources/read", json!({"uri": "notes://red/7"})).await;
        let text = "one {\"id\":7,\"shelf\":\"red\"}";
        let expected = json!([{"uri": "notes://red/7", "mimeType": "text/plain", "text": text}]);
        assert_eq!(one["result"]["contents"], expected, "{one}");
        let unknown = client.ask("resources/read", json!({"uri": "notes://red/7/8"})).await;
        let code = if client.session.is_some() { -32002 } else { -32602 };
        assert_eq!(
            (&unknown["error"]["code"], &unknown["error"]["data"]["uri"]),
            (&json!(code), &json!("notes://red/7/8"))
        );
        let wrong = client.ask("resources/read", json!({"uri": "notes://red/x"})).await;
        assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
        if client.session.is_none() {
            assert_eq!((&all["result"]["cacheScope"], &all["result"]["ttlMs"]), (&json!("private"), &json!(0)));
        }
    }
}

#[tokio::test]
async fn arguments_are_completed_from_what_their_annotations_list() {
    let it = TestBox::start().await;
    it.publish("notes", "notes", NOTES).await;
    for client in both(&it).await {
        let prompt = json!({"type": "ref/prompt", "name": "notes__ask"});
        let template = json!({"type": "ref/resource", "uri": "notes://{shelf}/{id}"});
        for (reference, name, value, expected) in [
            (&prompt, "tone", "", json!(["kind", "keen", "strict"])),
            (&prompt, "tone", "K", json!(["kind", "keen"])),
            (&prompt, "topic", "t", json!([])),
            (&template, "shelf", "r", json!(["red"])),
        ] {
            let asked = json!({"ref": reference, "argument": {"name": name, "value": value}});
            let answer = client.ask("completion/complete", asked).await;
            let completion = &answer["result"]["completion"];
            assert_eq!(completion["values"], expected, "{answer}");
            assert_eq!(
                (&completion["hasMore"], &completion["total"]),
                (&json!(false), &json!(expected.as_array().unwrap().len()))
            );
        }
        for (reference, name) in [
            (&prompt, "gone"),
            (&json!({"type": "ref/prompt", "name": "gone"}), "tone"),
            (&json!({"type": "ref/resource", "uri": "n://"}), "id"),
        ] {
            let asked = json!({"ref": reference, "argument": {"name": name, "value": ""}});
            assert_eq!(client.ask("completion/complete", asked).await["error"]["code"], -32602);
        }
    }
}

#[tokio::test]
async fn the_tool_that_was_made_first_keeps_what_two_want_to_offer() {
    let it = TestBox::start().await;
    it.publish("notes", "notes", NOTES).await;
    let other = NOTES.replace("Asks about a note.", "Asks about another.");
    // A name that comes first in every list.
    it.publish("aaa", "aaa", &other).await;
    let client = Raw::modern(&it.url);
    let resources = client.ask("resources/list", json!({})).await;
    assert_eq!(names(&resources, "resources", "name"), ["notes__every_note"]);
    let ambiguous = client.ask("prompts/get", json!({"name": "ask", "arguments": {"topic": "a"}})).await;
    assert_eq!(ambiguous["error"]["data"]["nearest"], json!(["notes__ask", "aaa__ask"]), "{ambiguous}");
    let only = Raw::modern(&format!("{}/servers/aaa", it.url));
    assert_eq!(names(&only.ask("resources/list", json!({})).await, "resources", "name"), ["aaa__every_note"]);
    let read = only.ask("resources/read", json!({"uri": "notes://all"})).await;
    assert_eq!(read["result"]["contents"][0]["text"], "all {}", "{read}");
    let told = client.manage("mcpbox_get_tool", json!({"tool_id": "aaa__aaa"})).await;
    assert_eq!(told["prompts"], json!(["aaa__ask", "aaa__plan"]));
    assert_eq!(told["resources"], json!(["notes://all", "notes://{shelf}/{id}"]));
    let arguments = json!({"server_id": "aaa", "name": "third", "python_code": other});
    let drafted = client.manage("mcpbox_create_tool", arguments).await;
    let taken = drafted["findings"].as_array().unwrap().iter().filter(|one| one["rule"] == "taken_offer");
    let taken: Vec<_> = taken.map(|one| one["message"].as_str().unwrap()).collect();
    assert_eq!(taken.len(), 4, "{drafted}");
    assert!(taken[0].contains("aaa__ask") && taken[2].contains("notes__notes"), "{taken:?}");
}

#[tokio::test]
async fn listeners_hear_of_prompts_and_resources_only_when_theirs_changed() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let asked = json!({"notifications": {"promptsListChanged": true, "resourcesListChanged": true}});
    let mut stream = Listening::to(client.send("subscriptions/listen", asked).await);
    stream.next().await.unwrap();
    it.publish("maths", "add", ADD).await;
    it.publish("notes", "notes", NOTES).await;
    let mut told = [stream.next().await.unwrap(), stream.next().await.unwrap()].map(|one| one["method"].clone());
    told.sort_by_key(Value::to_string);
    assert_eq!(told, [json!("notifications/prompts/list_changed"), json!("notifications/resources/list_changed")]);
}
