//! Documents as people have them, and as nobody should: what is offered, what is written, and that nothing of a document
//! ever becomes code.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use mcpbox_analysis::{Analysis, analyze};
use mcpbox_core::server::CodePolicy;
use mcpbox_openapi::{BaseUrl, Document, GeneratedTool};
use proptest::prelude::*;
use serde_json::{Value, json};

const PETS: &str = include_str!("documents/pets.yaml");

fn base() -> BaseUrl {
    BaseUrl::parse("https://eu.pets.example.com/v2").unwrap()
}

/// Generates a tool and holds it to what is promised of every one of them.
fn checked(document: &Document, id: &str) -> GeneratedTool {
    let tool = document.generate(&base(), "hotel", id).unwrap();
    let analysis = analyze(&tool.code, CodePolicy::Strict);
    assert!(analysis.is_runnable(), "{:#?}\n{}", analysis.findings, tool.code);
    assert_only_what_is_meant(&tool, &analysis);
    tool
}

fn assert_only_what_is_meant(tool: &GeneratedTool, analysis: &Analysis) {
    let hosts: Vec<String> = analysis.hosts.iter().map(|host| host.rule.to_string()).collect();
    assert_eq!(hosts, ["eu.pets.example.com"], "{}", tool.code);
    let read: Vec<&str> = analysis.secrets.iter().map(|secret| secret.key.as_str()).collect();
    let mut declared: Vec<&str> = tool.secrets.iter().map(|secret| secret.key.as_str()).collect();
    declared.dedup();
    assert_eq!(read, declared, "{}", tool.code);
    let modules: Vec<&str> = analysis.imports.iter().map(|import| import.module.as_str()).collect();
    assert!(modules.iter().all(|module| ["typing", "urllib.parse"].contains(module)), "{modules:?}\n{}", tool.code);
    assert!(!tool.code.contains(['\0', '\u{202e}', '\u{200b}']), "{:?}", tool.code);
}

#[test]
fn tools_read_like_written_by_hand() {
    let document = Document::parse(PETS).unwrap();
    let mut shown = String::new();
    for operation in document.look().operations.iter().filter(|operation| operation.refused.is_none()) {
        let tool = checked(&document, &operation.id);
        shown += &format!("## {} as {}\n{}", operation.id, tool.name, tool.code);
        for secret in &tool.secrets {
            shown += &format!("# secret {}: {}\n", secret.key, secret.description);
        }
        for note in &tool.notes {
            shown += &format!("# {note}\n");
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_look_lists_what_there_is_and_what_cannot_be() {
    let look = Document::parse(PETS).unwrap().look();
    let servers: Vec<_> = look.servers.iter().map(|server| (server.url.as_str(), server.is_usable)).collect();
    assert_eq!(servers, [("https://eu.pets.example.com/v2/", true), ("/v2", false)]);
    let refused: Vec<_> = look
        .operations
        .iter()
        .filter_map(|operation| Some((operation.id.as_str(), operation.refused.clone()?)))
        .collect();
    assert_eq!(refused, [("uploadPhoto", "its body is multipart/form-data; only JSON bodies are written".to_owned())]);
    assert!(look.problems.is_empty(), "{:?}", look.problems);
    insta::assert_json_snapshot!(look);
}

#[test]
fn input_schemas_say_what_the_document_says() {
    let tool = checked(&Document::parse(PETS).unwrap(), "listPets");
    let schema = analyze(&tool.code, CodePolicy::Strict).input_schema;
    assert_eq!(schema["properties"]["limit"]["default"], 20);
    assert_eq!(schema["properties"]["limit"]["description"], "How many");
    assert_eq!(schema["properties"]["sort"]["enum"], json!(["name", "-name"]));
    assert_eq!(schema["required"], json!([]));
}

#[test]
fn what_is_no_openapi_3_document_is_refused_with_what_to_do() {
    for (text, message) in [
        ("swagger: '2.0'\npaths: {}", "Swagger 2.0"),
        ("openapi: 3.2.0\npaths: {}", "OpenAPI 3.2.0 is not known"),
        ("openapi: 4", "OpenAPI 4 is not known"),
        ("hello: world", "`openapi` with its version is missing"),
        ("[1, 2]", "`openapi` with its version is missing"),
        ("just text", "`openapi` with its version is missing"),
        ("openapi: 3.1.0\nwebhooks: {}", "no paths"),
        ("{\"openapi\": \"3.0.0\"", "not JSON"),
    ] {
        let error = Document::parse(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(!error.hint.is_empty(), "{text}");
    }
}

/// One operation in a document.
fn with(operation: &Value, components: &Value) -> Document {
    let path = operation["path"].as_str().unwrap_or("/a").to_owned();
    let text = json!({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "components": components,
        "paths": {path: {"post": operation}}});
    Document::parse(&text.to_string()).unwrap()
}

#[test]
fn what_cannot_be_called_is_refused_with_the_reason() {
    let parameter = |parameter: Value| json!({"parameters": [parameter]});
    let body = |schema: Value| json!({"requestBody": {"content": {"application/json": {"schema": schema}}}});
    let components = json!({"schemas": {"Round": {"$ref": "#/components/schemas/Round"}},
        "securitySchemes": {"digest": {"type": "http", "scheme": "digest"}, "cookie": {"type": "apiKey", "in": "cookie", "name": "c"},
            "one": {"type": "http", "scheme": "bearer"}, "two": {"type": "http", "scheme": "basic"}}});
    for (operation, reason) in [
        (json!({"path": "/a/{id}"}), "no path parameter describes it"),
        (json!({"path": "/a/../b"}), "segment . or .."),
        (json!({"path": "a"}), "does not begin with /"),
        (parameter(json!({"name": "c", "in": "cookie", "required": true})), "tools send none"),
        (parameter(json!({"name": "a b", "in": "header", "required": true})), "no name of a header"),
        (
            parameter(json!({"name": "q", "in": "query", "required": true, "schema": {"type": "object"}})),
            "is an object",
        ),
        (parameter(json!({"$ref": "https://evil.example.com/x"})), "leaves the document, and nothing is fetched"),
        (parameter(json!({"$ref": "#/components/parameters/None"})), "leads nowhere"),
        (body(json!({"$ref": "#/components/schemas/Round"})), "goes round in a circle"),
        (
            json!({"requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {}}}}),
            "only JSON bodies",
        ),
        (json!({"security": [{"digest": []}]}), "HTTP digest"),
        (json!({"security": [{"cookie": []}, {"missing": []}]}), "API key in a cookie; missing is not described"),
        (json!({"security": [{"one": [], "two": []}]}), "stand in one place"),
    ] {
        let document = with(&operation, &components);
        let look = document.look();
        let refused = look.operations[0].refused.clone().unwrap_or_default();
        assert!(refused.contains(reason), "{operation}: {refused:?}");
        assert!(document.generate(&base(), "hotel", &look.operations[0].id).is_err());
    }
}

#[test]
fn schemas_become_types() {
    let components = json!({"schemas": {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}},
        "Many": {"type": "array", "items": {"$ref": "#/components/schemas/Many"}}}});
    for (schema, source) in [
        (json!({"type": "string"}), "str"),
        (json!({"type": ["integer", "null"]}), "int | None"),
        (json!({"type": "number", "nullable": true}), "float | None"),
        (json!({"enum": ["a", 1, null]}), "Literal[\"a\", 1] | None"),
        (json!({"const": "x"}), "Literal[\"x\"]"),
        (json!({"type": "string", "enum": ["__class__"]}), "str"),
        (json!({"enum": [1.5]}), "Any"),
        (json!({"type": "string", "enum": [true]}), "str"),
        (json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "boolean"}}]}), "str | list[bool]"),
        (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Tree"}]}), "dict[str, Any] | None"),
        (json!({"allOf": [{"description": "x"}, {"type": "integer"}]}), "int"),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), "dict[str, str]"),
        (json!({"$ref": "#/components/schemas/Many"}), "list[list[list[list[list[Any]]]]]"),
        (json!(true), "Any"),
        (json!({}), "Any"),
        (json!({"type": "strange"}), "Any"),
    ] {
        let list = json!({"type": "array", "items": schema});
        let operation = json!({"operationId": "a", "requestBody": {"required": true, "content": {"application/json": {"schema": list}}}});
        let look = with(&operation, &components).look();
        assert_eq!(look.operations[0].parameters[0].kind, format!("list[{source}]"), "{schema}");
        checked(&with(&operation, &components), "a");
    }
}

#[test]
fn two_of_a_kind_have_names_of_their_own() {
    let operation = json!({"operationId": "same", "parameters": [
        {"name": "a-b", "in": "query", "schema": {"type": "string"}}, {"name": "a_b", "in": "header", "schema": {"type": "string"}}]});
    let text = json!({"openapi": "3.0.0", "info": {"title": "T"}, "paths": {"/a": {"get": operation}, "/b": {"get": operation}}});
    let document = Document::parse(&text.to_string()).unwrap();
    let look = document.look();
    let ids: Vec<_> =
        look.operations.iter().map(|operation| (operation.id.as_str(), operation.tool.as_str())).collect();
    assert_eq!(ids, [("same", "same"), ("GET /b", "same_2")]);
    assert_eq!(look.problems.len(), 1, "{:?}", look.problems);
    assert!(checked(&document, "GET /b").code.contains("\"a_b\": None if a_b_2 is None else as_text(a_b_2)"));
}

/// A document that says the same text wherever a document can say one.
fn hostile(text: &str) -> Value {
    let schema = json!({"type": "string", "description": text, "enum": [text, "x"], "default": text});
    let parameter = |place: &str| json!({"name": text, "in": place, "required": place == "path", "description": text, "schema": schema});
    let scheme = |place: &str| json!({"type": "apiKey", "in": place, "name": text});
    json!({
        "openapi": "3.1.0",
        "info": {"title": text, "version": text, "description": text},
        "paths": {format!("/x{text}/{{{text}}}"): {"post": operation(text, &parameter, &schema)},
                  "/plain": {"put": operation("", &parameter, &schema)}, "/y": {"get": operation(text, &parameter, &schema)}},
        "components": {"securitySchemes": {text: scheme("query"), "other": scheme("header")}},
        "security": [{text: [text]}],
    })
}

fn operation(id: &str, parameter: &dyn Fn(&str) -> Value, schema: &Value) -> Value {
    let text = schema["description"].as_str().unwrap();
    json!({"operationId": id, "summary": text, "description": text, "tags": [text], "deprecated": true,
        "parameters": [parameter("path"), parameter("query"), parameter("header")],
        "requestBody": {"required": true, "description": text, "content": {"application/json": {"schema":
            {"type": "object", "required": [text], "properties": {text: schema, "b": {"type": "array", "items": schema}}}}}}})
}

fn check_hostile(text: &str) -> usize {
    let Ok(document) = Document::parse(&hostile(text).to_string()) else { return 0 };
    let look = document.look();
    let usable: Vec<_> = look.operations.iter().filter(|operation| operation.refused.is_none()).collect();
    for operation in &usable {
        checked(&document, &operation.id);
    }
    usable.len()
}

#[test]
fn no_text_of_a_document_becomes_code() {
    for text in [
        "\"\"\"\nimport os\nos.system('x')\n\"\"\"",
        "'''\nraise SystemExit\n'''",
        "\\\"\"\"",
        "a\\",
        "\\",
        "\"",
        "\"\"\"",
        "{secrets['OTHER']}",
        "{http.get('https://evil.example.com')}",
        "https://evil.example.com/\"\nx = 1 #",
        "\u{202e}\u{200b}\u{feff}\0\u{1b}[31m",
        "\r\n\u{85}\u{2028}\u{2029}x",
        "class",
        "__import__('os')",
        "None",
        "main",
        "日本\u{1f600}",
        "\u{115f}\u{3164}",
        "\\N{DIGIT ONE}\\x41\\u0041",
        "# type: ignore",
        "): pass\ndef main(",
    ] {
        assert!(check_hostile(text) > 0, "{text:?} makes no tool, so that nothing is tested");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_random_text_becomes_code(text in "[\\PC\"'\\\\{}\n\r\t#\u{0}\u{202e}]{0,40}") {
        check_hostile(&text);
    }

    #[test]
    fn no_text_panics(text in "(openapi: 3.1.0\n)?\\PC{0,200}") {
        if let Ok(document) = Document::parse(&text) {
            document.look();
        }
    }
}
