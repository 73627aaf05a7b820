//! Annotations to schemas, form by form.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests may panic")]

use mcpbox_analysis::{Analysis, Severity, analyze};
use mcpbox_core::server::CodePolicy;
use serde_json::{Value, json};

const PRELUDE: &str = r#"
import datetime as dt
import typing
import typing as t
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum, auto
from typing import (Annotated, Any, ClassVar, Dict, FrozenSet, List, Literal, NamedTuple, NewType, NotRequired, Optional,
                    Required, Set, Tuple, TypedDict, Union)

class Color(str, Enum):
    RED = "red"
    BLUE = "blue"

class Level(IntEnum):
    LOW = auto()
    HIGH = auto()

class Mode(StrEnum):
    FAST = auto()

class Base(Enum):
    """Which base."""
class Derived(Base):
    A = 1
    B = "b"

@dataclass
class Point:
    """A point.

    Attributes:
        x: Across.
    """
    x: float
    y: Annotated[float, "Up."] = 0.0
    tags: list[str] = field(default_factory=list)
    kind: ClassVar[str] = "point"
    cache: dict = field(default=None, init=False)
    note: str = None

@dataclass(frozen=True)
class Point3(Point):
    z: int = field(default=-1)

class Movie(TypedDict, total=False):
    title: Required[str]
    year: int

class Book(TypedDict):
    title: str
    isbn: NotRequired[Annotated[str, "ISBN."]]

Call = TypedDict("Call", {"from": str, "to": NotRequired[int]})

class Pair(NamedTuple):
    left: int
    right: str = "r"

@dataclass
class Node:
    value: int
    children: list["Node"]

Json = dict[str, "Json"] | list["Json"] | str | None
UserId = NewType("UserId", int)
Names = List[str]
Maybe = Optional[str]
class Plain: ...
"#;

fn with_prelude(main: &str) -> Analysis {
    analyze(&format!("{PRELUDE}\n{main}\n"), CodePolicy::Strict)
}

fn schema_of(annotation: &str) -> (Value, Analysis) {
    let analysis = with_prelude(&format!("async def main(a: {annotation}): ..."));
    let errors: Vec<_> = analysis.findings.iter().filter(|finding| finding.rule == "syntax").collect();
    assert!(errors.is_empty(), "{annotation}: {errors:?}");
    let root = &analysis.input_schema;
    jsonschema::draft202012::meta::validate(root).unwrap_or_else(|error| panic!("{annotation}: {error}"));
    assert_eq!(root["required"], json!(["a"]));
    assert_eq!(root["additionalProperties"], json!(false));
    let mut schema = root["properties"]["a"].clone();
    if let Some(definitions) = root.get("$defs") {
        schema["$defs"] = definitions.clone();
    }
    (schema, analysis)
}

fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn plain() -> Vec<(&'static str, Value)> {
    let text = json!({"type": "string"});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    vec![
        ("int", json!({"type": "integer"})),
        ("float", json!({"type": "number"})),
        ("str", text.clone()),
        ("bool", json!({"type": "boolean"})),
        ("None", json!({"type": "null"})),
        ("Any", json!({})),
        ("object", json!({})),
        ("list", json!({"type": "array"})),
        ("list[str]", texts.clone()),
        ("List[str]", texts.clone()),
        ("typing.List[str]", texts.clone()),
        ("t.List['str']", texts.clone()),
        ("'list[str]'", texts.clone()),
        ("Sequence[str]", texts.clone()),
        ("Names", texts),
        ("list[list[int]]", json!({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}})),
        ("dict", json!({"type": "object"})),
        ("dict[str, Any]", json!({"type": "object"})),
        ("Dict[str, int]", json!({"type": "object", "additionalProperties": {"type": "integer"}})),
        ("set[int]", json!({"type": "array", "items": {"type": "integer"}, "uniqueItems": true})),
        ("Set[int]", json!({"type": "array", "items": {"type": "integer"}, "uniqueItems": true})),
        ("FrozenSet[int]", json!({"type": "array", "items": {"type": "integer"}, "uniqueItems": true})),
        ("tuple", json!({"type": "array"})),
        ("tuple[int, ...]", json!({"type": "array", "items": {"type": "integer"}})),
        ("tuple[()]", json!({"type": "array", "maxItems": 0})),
        (
            "Tuple[int, str]",
            json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false, "minItems": 2, "maxItems": 2}),
        ),
    ]
}

fn combined() -> Vec<(&'static str, Value)> {
    let text = json!({"type": "string"});
    let timestamp = json!({"type": "string", "format": "date-time"});
    vec![
        ("Optional[str]", nullable(text.clone())),
        ("str | None", nullable(text.clone())),
        ("None | str", json!({"anyOf": [{"type": "null"}, {"type": "string"}]})),
        ("'str | None'", nullable(text.clone())),
        ("Maybe", nullable(text.clone())),
        ("Union[str, None]", nullable(text.clone())),
        ("Union[int, str, int]", json!({"anyOf": [{"type": "integer"}, {"type": "string"}]})),
        ("int | (str | None)", json!({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]})),
        ("int | Any", json!({})),
        ("Union[str]", text.clone()),
        ("Annotated[str, 'A name.']", json!({"type": "string", "description": "A name."})),
        ("Annotated[str, 1, Field(description='A name.')]", json!({"type": "string", "description": "A name."})),
        (
            "list[Annotated[str, 'A name.']]",
            json!({"type": "array", "items": {"type": "string", "description": "A name."}}),
        ),
        ("Literal['a', 'b']", json!({"type": "string", "enum": ["a", "b"]})),
        ("Literal[1, -2]", json!({"type": "integer", "enum": [1, -2]})),
        ("Literal['a', 1, None, True]", json!({"enum": ["a", 1, null, true]})),
        ("Literal['a', Literal['b']]", json!({"type": "string", "enum": ["a", "b"]})),
        ("Literal[Color.RED]", json!({"type": "string", "enum": ["red"]})),
        ("datetime", timestamp.clone()),
        ("dt.datetime", timestamp),
        ("date", json!({"type": "string", "format": "date"})),
        ("dt.time", json!({"type": "string", "format": "time"})),
        ("dt.timedelta", json!({"type": "string", "format": "duration"})),
        ("uuid.UUID", json!({"type": "string", "format": "uuid"})),
        ("Decimal", json!({"type": ["string", "number"]})),
        ("UserId", json!({"type": "integer"})),
    ]
}

fn classes() -> Vec<(&'static str, Value)> {
    let point = json!({
        "type": "object",
        "properties": {
            "x": {"type": "number", "description": "Across."},
            "y": {"type": "number", "description": "Up.", "default": 0.0},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null},
        },
        "required": ["x"],
        "additionalProperties": false,
        "description": "A point.",
    });
    let mut point3 = point.clone();
    point3["properties"]["z"] = json!({"type": "integer", "default": -1});
    point3["properties"]["x"] = json!({"type": "number"});
    point3.as_object_mut().unwrap().remove("description");
    let movie = json!({"type": "object", "properties": {"title": {"type": "string"}, "year": {"type": "integer"}}, "required": ["title"], "additionalProperties": false});
    vec![
        ("Color", json!({"type": "string", "enum": ["red", "blue"]})),
        ("list[Color]", json!({"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}})),
        ("Level", json!({"type": "integer", "enum": [1, 2]})),
        ("Mode", json!({"type": "string", "enum": ["fast"]})),
        ("Derived", json!({"enum": [1, "b"]})),
        ("Point", point),
        ("Point3", point3),
        ("Movie", movie.clone()),
        ("'Movie'", movie.clone()),
        ("Movie | None", nullable(movie)),
        (
            "Book",
            json!({"type": "object", "properties": {"title": {"type": "string"}, "isbn": {"type": "string", "description": "ISBN."}}, "required": ["title"], "additionalProperties": false}),
        ),
        (
            "Call",
            json!({"type": "object", "properties": {"from": {"type": "string"}, "to": {"type": "integer"}}, "required": ["from"], "additionalProperties": false}),
        ),
        (
            "Pair",
            json!({"type": "object", "properties": {"left": {"type": "integer"}, "right": {"type": "string", "default": "r"}}, "required": ["left"], "additionalProperties": false}),
        ),
        (
            "Node",
            json!({"$ref": "#/$defs/Node", "$defs": {"Node": {
                "type": "object",
                "properties": {"value": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
                "required": ["value", "children"],
                "additionalProperties": false,
            }}}),
        ),
        (
            "Json",
            json!({"$ref": "#/$defs/Json", "$defs": {"Json": {"anyOf": [
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
                {"type": "array", "items": {"$ref": "#/$defs/Json"}},
                {"type": "string"},
                {"type": "null"},
            ]}}}),
        ),
    ]
}

#[test]
fn annotations_become_schemas() {
    for (annotation, expected) in plain().into_iter().chain(combined()).chain(classes()) {
        let (schema, analysis) = schema_of(annotation);
        assert_eq!(schema, expected, "{annotation}");
        assert!(analysis.is_runnable(), "{annotation}: {:#?}", analysis.findings);
    }
}

#[test]
fn types_without_a_json_form_are_errors_with_a_hint() {
    for annotation in ["bytes", "list[bytes]", "complex", "Callable[[int], int]", "Literal[b'a']", "type[int]"] {
        let (_, analysis) = schema_of(annotation);
        let finding = analysis.findings.iter().find(|finding| finding.rule == "unsupported_type");
        let finding = finding.unwrap_or_else(|| panic!("{annotation}: {:?}", analysis.findings));
        assert!(finding.severity == Severity::Error && finding.hint.is_some(), "{annotation}");
    }
}

#[test]
fn unknown_types_accept_anything_and_warn() {
    for annotation in ["Plain", "pandas.DataFrame", "Missing", "1 + 1", "'not a type['", "list[Missing]"] {
        let (_, analysis) = schema_of(annotation);
        assert!(
            analysis.findings.iter().any(|finding| finding.rule == "unknown_type"),
            "{annotation}: {:?}",
            analysis.findings
        );
        assert!(analysis.is_runnable(), "{annotation}");
    }
}

#[test]
fn names_of_typing_that_are_not_imported_still_count_and_warn() {
    let analysis = analyze("async def main(a: Optional[int], b: Decimal): ...", CodePolicy::Strict);
    assert_eq!(analysis.input_schema["properties"]["a"], nullable(json!({"type": "integer"})));
    let hints: Vec<_> = analysis
        .findings
        .iter()
        .filter(|finding| finding.rule == "not_imported")
        .filter_map(|finding| finding.hint.clone())
        .collect();
    assert_eq!(hints, ["Add `from typing import Optional`.", "Add `from decimal import Decimal`."]);
}

#[test]
fn keys_that_are_no_text_warn() {
    let (_, analysis) = schema_of("dict[int, str]");
    assert!(analysis.findings.iter().any(|finding| finding.rule == "non_text_keys"));
}

#[test]
fn large_and_deep_types_are_refused_not_grown() {
    let deep = format!("{}int{}", "list[".repeat(60), "]".repeat(60));
    let wide = format!(
        "Literal['a'] | {}",
        (0..400)
            .map(|n| format!("tuple[int, str, float, bool, int, str, float, bool, bool, Literal[{n}]]"))
            .collect::<Vec<_>>()
            .join(" | ")
    );
    for annotation in [deep, wide] {
        let (_, analysis) = schema_of(&annotation);
        assert!(analysis.findings.iter().any(|finding| finding.rule == "schema_too_large"), "{}", &annotation[..40]);
    }
}

#[test]
fn classes_used_twice_are_shared_when_they_are_long() {
    let fields: String = (0..20).map(|n| format!("    field{n}: int\n")).collect();
    let analysis = analyze(
        &format!(
            "from dataclasses import dataclass\n@dataclass\nclass Big:\n{fields}\nasync def main(a: Big, b: list[Big]) -> Big: ..."
        ),
        CodePolicy::Strict,
    );
    assert_eq!(analysis.input_schema["properties"]["a"], json!({"$ref": "#/$defs/Big"}));
    assert_eq!(analysis.input_schema["properties"]["b"]["items"], json!({"$ref": "#/$defs/Big"}));
    assert_eq!(analysis.input_schema["$defs"]["Big"]["required"].as_array().map(Vec::len), Some(20));
    let output = analysis.output_schema.unwrap();
    assert!(output["type"] == "object" && output.get("$defs").is_none() && !analysis.wraps_result, "{output}");
}

#[test]
fn parameters_may_be_called_like_keywords_of_the_schema() {
    let analysis = with_prelude(
        "async def main(default: Movie, enum: Movie, required: Movie, properties: Node, type: Color): ...",
    );
    let root = &analysis.input_schema;
    jsonschema::draft202012::meta::validate(root).unwrap();
    for name in ["default", "enum", "required"] {
        assert_eq!(root["properties"][name]["type"], "object", "{name}: {root}");
    }
    assert_eq!(root["properties"]["properties"], json!({"$ref": "#/$defs/Node"}));
    assert!(root["$defs"]["Node"].is_object());
}

#[test]
fn return_annotations_become_output_schemas_with_an_object_at_the_root() {
    let wrapped = |schema: Value| {
        Some(
            json!({"type": "object", "properties": {"result": schema}, "required": ["result"], "additionalProperties": false}),
        )
    };
    let cases = [
        ("dict", Some(json!({"type": "object"})), false),
        ("dict[str, int]", Some(json!({"type": "object", "additionalProperties": {"type": "integer"}})), false),
        ("int", wrapped(json!({"type": "integer"})), true),
        ("list[str]", wrapped(json!({"type": "array", "items": {"type": "string"}})), true),
        ("None", wrapped(json!({"type": "null"})), true),
        ("dict | None", wrapped(nullable(json!({"type": "object"}))), true),
        ("Color", wrapped(json!({"type": "string", "enum": ["red", "blue"]})), true),
        ("Annotated[int, 'How many.']", wrapped(json!({"type": "integer", "description": "How many."})), true),
        ("dict[int, str]", Some(json!({"type": "object", "additionalProperties": {"type": "string"}})), false),
        ("Any", None, false),
        ("Missing", None, false),
        ("Plain", None, false),
    ];
    for (annotation, schema, wraps) in cases {
        let analysis = with_prelude(&format!("async def main() -> {annotation}: ..."));
        assert_eq!((analysis.output_schema, analysis.wraps_result), (schema, wraps), "{annotation}");
    }
    let recursive = with_prelude("async def main() -> Node: ...");
    let output = recursive.output_schema.unwrap();
    assert!(
        output["type"] == "object" && output["$defs"]["Node"].is_object() && output.get("$ref").is_none(),
        "{output}"
    );
    assert!(with_prelude("async def main(): ...").output_schema.is_none());
    assert!(!with_prelude("async def main() -> bytes: ...").is_runnable());
}
