//! Files that come in and go out: what arrives, that nothing arrives approved, and that a bad file changes nothing.

use mcpbox_catalog::{
    author,
    transfer::{self, Conflict, Fate, ImportOptions, ImportReport, ImportedTool},
};
use mcpbox_core::{failure::FailureKind, version::VersionState};
use mcpbox_store::{secrets, servers};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{FETCH, World, refusal};

const ORIGINAL: &str = include_str!("fixtures/original-export-1.2.json");

fn original() -> Value {
    serde_json::from_str(ORIGINAL).unwrap()
}

async fn import(world: &World, text: &str) -> ImportReport {
    transfer::import(&world.cat, &world.human, text, ImportOptions::default()).await.unwrap()
}

fn tool<'a>(report: &'a ImportReport, name: &str) -> &'a ImportedTool {
    let tools = report.servers.iter().flat_map(|server| &server.tools);
    tools.into_iter().find(|tool| tool.name == name).unwrap()
}

/// Everything that is stored and may differ by an import.
async fn stored(world: &World) -> String {
    let exported = transfer::export(&world.cat, &world.human).await.unwrap();
    let events = mcpbox_store::audit::verify(&world.store.reader()).await.unwrap();
    format!("{:?} {:?}", exported.servers, events)
}

#[tokio::test]
async fn an_export_of_the_original_arrives_with_one_review_for_each_tool_and_nothing_approved() {
    let world = World::new().await;
    let report = import(&world, ORIGINAL).await;
    assert_eq!((report.imported, report.skipped, report.signed_by_this_box), (4, 0, false));
    let weather = tool(&report, "get_current_weather");
    assert_eq!(weather.tool.as_deref(), Some("weather_api__get_current_weather"));
    assert_eq!(weather.fate, Fate::InReview, "{weather:?}");
    assert!(weather.review_id.is_some());
    let asks = |what: &str| weather.requests.iter().any(|request| request.contains(what));
    assert!(asks("host api.example.org") && asks("yaml") && asks("secret WEATHER_KEY"), "{:?}", weather.requests);
    let lights = tool(&report, "lights");
    assert_eq!(lights.requests, ["host homeassistant.local:8123"]);
    assert!(tool(&report, "to_fahrenheit").requests.is_empty());
    assert!(world.published().is_empty());
    let reader = world.store.reader();
    for known in ["home__draft_only", "home__lights", "weather_api__to_fahrenheit"] {
        let newest = author::get_tool(&world.cat, &world.llm, known).await.unwrap().newest;
        assert_eq!(newest.state, VersionState::PendingReview, "{known}");
    }
    // The placeholder is there, for the host of the code, without a value.
    let server = author::get_server(&world.cat, &world.llm, "weather_api").await.unwrap().server.id;
    let secret = secrets::list(&reader, server).await.unwrap().remove(0);
    assert_eq!((secret.key.as_str(), secret.has_value, secret.hosts.len()), ("WEATHER_KEY", false, 1));
    // A human decides, and the tool runs.
    world.approve(tool(&report, "to_fahrenheit").review_id.unwrap()).await;
    author::start_server(&world.cat, &world.llm, "weather_api").await.unwrap();
    assert_eq!(world.published(), ["weather_api__to_fahrenheit"]);
    assert!(mcpbox_catalog::verify::verify_decisions(&world.cat).await.unwrap().intact);
}

#[tokio::test]
async fn older_formats_lack_requests_and_arrive_all_the_same() {
    for (version, lacks) in [("1.0", &["module_requests", "network_access_requests"][..]), ("1.1", &[][..])] {
        let world = World::new().await;
        let mut file = original();
        file["version"] = version.into();
        file.as_object_mut().unwrap().remove("admin_module_requests");
        for server in file["servers"].as_array_mut().unwrap() {
            server.as_object_mut().unwrap().remove("admin_network_requests");
            for tool in server["tools"].as_array_mut().unwrap() {
                lacks.iter().for_each(|field| drop(tool.as_object_mut().unwrap().remove(*field)));
            }
        }
        let report = import(&world, &file.to_string()).await;
        assert_eq!((report.imported, report.skipped), (4, 0), "{version}");
        let weather = tool(&report, "get_current_weather");
        assert!(weather.requests.iter().any(|request| request == "host api.example.org"), "{version}: {weather:?}");
        assert_eq!(weather.requests.iter().any(|request| request.contains("yaml")), version == "1.1");
        if version == "1.0" {
            let home = &report.servers[0];
            assert!(home.notes.iter().any(|note| note.contains("homeassistant.local:8123")), "{home:?}");
        }
    }
}

#[tokio::test]
async fn a_trial_tells_the_same_and_stores_nothing() {
    let world = World::new().await;
    let before = stored(&world).await;
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let trial = transfer::import(&world.cat, &world.human, ORIGINAL, options).await.unwrap();
    assert_eq!(stored(&world).await, before);
    let done = import(&world, ORIGINAL).await;
    let told = |report: &ImportReport| {
        let mut json = serde_json::to_value(&report.servers).unwrap();
        for server in json.as_array_mut().unwrap() {
            for tool in server["tools"].as_array_mut().unwrap() {
                tool["review_id"].take();
            }
        }
        json
    };
    assert_eq!(told(&trial), told(&done));
}

#[tokio::test]
async fn names_that_are_taken_or_no_names_are_told_one_by_one() {
    let world = World::new().await;
    import(&world, ORIGINAL).await;
    let again = import(&world, ORIGINAL).await;
    assert_eq!((again.imported, again.skipped), (0, 4));
    assert!(tool(&again, "lights").notes.iter().any(|note| note.contains("home__lights is here already")));
    let options = ImportOptions { on_conflict: Conflict::Rename, ..ImportOptions::default() };
    let renamed = transfer::import(&world.cat, &world.human, ORIGINAL, options).await.unwrap();
    assert_eq!(tool(&renamed, "lights").tool.as_deref(), Some("home__lights_2"));

    let mut file = original();
    file["servers"][0]["name"] = "Home Automation".into();
    file["servers"][0]["tools"][0]["name"] = "天気".into();
    file["servers"][0]["tools"][1]["name"] = "switchLights".into();
    let report = import(&world, &file.to_string()).await;
    assert_eq!(report.servers[0].server.as_deref(), Some("home_automation"));
    assert_eq!(tool(&report, "switchLights").tool.as_deref(), Some("home_automation__switch_lights"));
    assert_eq!(tool(&report, "天気").fate, Fate::Skipped);
}

#[tokio::test]
async fn code_that_may_not_run_arrives_as_a_draft_and_says_why() {
    let world = World::new().await;
    let mut file = original();
    let tools = &mut file["servers"][0]["tools"];
    tools[0]["python_code"] = "import subprocess\n\ndef main() -> int:\n    return eval('1')\n".into();
    tools[1]["python_code"] = "async def main(:\n".into();
    tools[1]["colour"] = "red".into();
    let report = import(&world, &file.to_string()).await;
    let refused = tool(&report, "draft_only");
    assert_eq!(refused.fate, Fate::NeedsChange);
    assert!(!refused.findings.is_empty() && refused.review_id.is_none());
    let broken = tool(&report, "lights");
    assert_eq!(broken.fate, Fate::NeedsChange);
    assert!(broken.notes.iter().any(|note| note.contains("line 1")), "{broken:?}");
    assert!(broken.notes.iter().any(|note| note.contains("colour")), "{broken:?}");
}

#[tokio::test]
async fn what_this_box_exported_comes_back_unapproved_and_without_secrets() {
    let world = World::new().await;
    let name = world.live("weather", "fetch", FETCH).await;
    let server = author::get_server(&world.cat, &world.llm, "weather").await.unwrap().server.id;
    let key = mcpbox_core::name::SecretKey::parse("WEATHER_KEY").unwrap();
    if let Some(secret) = secrets::by_key(&world.store.reader(), server, &key).await.unwrap() {
        let tx = world.store.begin().await.unwrap();
        secrets::set_value(&tx, secret.id, &SecretString::from("hunter22hunter"), world.cat.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    let file = serde_json::to_string(&transfer::export(&world.cat, &world.human).await.unwrap()).unwrap();
    assert!(!file.contains("hunter22"), "{file}");
    author::delete_server(&world.cat, &world.human, "weather").await.unwrap();
    let report = import(&world, &file).await;
    assert!(report.signed_by_this_box);
    assert_eq!(tool(&report, "fetch").fate, Fate::InReview);
    assert!(world.published().is_empty(), "content that was approved once may have been revoked since");
    assert!(author::get_tool(&world.cat, &world.llm, &name).await.unwrap().tool.live_version.is_none());

    let changed = file.replacen("weather.example", "whether.example", 1);
    let options = ImportOptions { dry_run: true, on_conflict: Conflict::Rename, ..ImportOptions::default() };
    let report = transfer::import(&world.cat, &world.human, &changed, options).await.unwrap();
    assert!(!report.signed_by_this_box);
    let other = World::new().await;
    assert!(!import(&other, &file).await.signed_by_this_box);
}

#[tokio::test]
async fn a_file_that_is_damaged_or_of_another_sort_changes_nothing_and_says_what_to_do() {
    let world = World::new().await;
    let before = stored(&world).await;
    let exported = serde_json::to_string(&transfer::export(&world.cat, &world.human).await.unwrap()).unwrap();
    let mut files: Vec<String> = vec![
        String::new(),
        "{}".into(),
        "[]".into(),
        "null".into(),
        "hello".into(),
        json!({"version": "2.0", "servers": []}).to_string(),
        json!({"version": "1.2"}).to_string(),
        json!({"version": "1.2", "servers": [{"tools": []}]}).to_string(),
        json!({"version": "1.2", "servers": [{"name": "a", "tools": [{"name": 1}]}]}).to_string(),
        json!({"format": "mcpbox-export", "format_version": 2, "servers": []}).to_string(),
        json!({"format": "mcpbox-export", "servers": []}).to_string(),
        exported.replace("exported_at", "exported"),
        "[".repeat(100_000),
    ];
    files.extend((1..40).map(|part| ORIGINAL[..ORIGINAL.len() * part / 40].to_owned()));
    for file in &files {
        let refused = refusal(transfer::import(&world.cat, &world.human, file, ImportOptions::default()).await);
        assert_eq!(refused.kind, FailureKind::InvalidArguments, "{file}");
        assert!(refused.hint.is_some_and(|hint| hint.contains("nothing was imported")), "{file}");
    }
    assert_eq!(stored(&world).await, before);
}

/// What the fuzz target `import` starts from.
#[tokio::test]
async fn a_trial_with_any_file_of_the_corpus_changes_nothing() {
    let world = World::new().await;
    let before = stored(&world).await;
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/import");
    let files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 3);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
        let report = transfer::import(&world.cat, &world.human, &text, options).await.unwrap();
        assert!(report.imported > 0, "{}", file.display());
    }
    assert_eq!(stored(&world).await, before);
}

/// Bytes of the real file are replaced at places that a fixed sequence names: whatever comes of it, an import ends in a
/// refusal or in drafts, and approves nothing.
#[tokio::test]
async fn a_file_that_was_changed_anywhere_never_brings_more_than_drafts() {
    let world = World::new().await;
    let rounds = if std::env::var_os("MCPBOX_LONG").is_some() { 3_000 } else { 150 };
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let pieces = [
        "\"",
        "}",
        "]",
        "null",
        "-1",
        "1e99",
        "\\u0000",
        "approved",
        "\u{202e}",
        "mcpbox_",
        "127.0.0.1",
        "[[[[",
        "true",
    ];
    let mut applied = 0;
    for _ in 0..rounds {
        let mut bytes = ORIGINAL.as_bytes().to_vec();
        for _ in 0..=next(3) {
            let (at, length) = (next(bytes.len()), next(12));
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, pieces[next(pieces.len())].bytes());
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
        match transfer::import(&world.cat, &world.human, &text, options).await {
            Ok(_) => applied += 1,
            Err(mcpbox_catalog::CatalogError::Refused(failure)) => {
                assert!(failure.hint.is_some(), "{failure:?}\n{text}")
            }
            Err(other) => panic!("{other:?}\n{text}"),
        }
    }
    assert!(applied > 0, "no changed file was readable any more");
    assert_eq!(servers::count(&world.store.reader()).await.unwrap(), 0);
    assert!(world.published().is_empty());
}
