//! `main`: found or explained, its defaults and its descriptions.

use mcpbox_analysis::{Analysis, Severity, analyze};
use mcpbox_core::server::CodePolicy;
use serde_json::{Value, json};

fn strict(code: &str) -> Analysis {
    analyze(code, CodePolicy::Strict)
}

fn rules(analysis: &Analysis, severity: Severity) -> Vec<(&'static str, u32)> {
    analysis
        .findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .map(|finding| (finding.rule, finding.line))
        .collect()
}

#[test]
fn main_is_found_or_its_absence_explained() {
    let cases: &[(&str, &[(&str, u32)])] = &[
        ("async def main(): ...", &[]),
        ("def main(a: int, *, b: int = 1): ...", &[]),
        ("@cache\nasync def main(): ...", &[]),
        ("", &[("missing_main", 1)]),
        ("x = 1", &[("missing_main", 1)]),
        ("x = 1\nasync def Main(): ...", &[("missing_main", 2)]),
        ("if True:\n    def main(): ...", &[("missing_main", 2)]),
        ("class Tool:\n    def main(self): ...", &[("missing_main", 2)]),
        ("def main(): ...\n\nasync def main(): ...", &[("duplicate_main", 3)]),
        ("x = 1\nmain = lambda a: a", &[("main_not_a_function", 2)]),
        ("class main: ...", &[("main_not_a_function", 1)]),
        ("from json import loads as main", &[("main_not_a_function", 1)]),
        ("def main(*args): ...", &[("variadic_main", 1)]),
        ("def main(a: int,\n         **options): ...", &[("variadic_main", 2)]),
        ("def main(a: int, /): ...", &[("positional_main", 1)]),
        ("def main(self): ...", &[("self_main", 1)]),
        ("async def main():\n    yield 1", &[("main_yields", 2)]),
        ("def main():\n    await x", &[("await_outside_async", 2)]),
        ("await x\ndef main(): ...", &[("await_outside_async", 1)]),
        ("def main():\n    async with x: ...", &[("await_outside_async", 2)]),
        ("def main():\n    for x in y:\n        def f():\n            break", &[("break_outside_loop", 4)]),
        ("def main():\n    while x:\n        if y: break\n        else: continue", &[]),
        ("def main(a: int, a: str): ...", &[("duplicate_parameter", 1)]),
        ("def main(): ...\ndef f(a, *a): ...", &[("duplicate_parameter", 2)]),
        ("def main(): ...\nreturn 1", &[("return_outside_function", 2)]),
    ];
    for (code, expected) in cases {
        let analysis = strict(code);
        assert_eq!(rules(&analysis, Severity::Error), *expected, "{code}");
        assert!(
            analysis.findings.iter().all(|finding| finding.severity != Severity::Error || finding.hint.is_some()),
            "{code}"
        );
    }
}

#[test]
fn a_nested_generator_is_not_mains() {
    let analysis = strict("async def main():\n    def inner():\n        yield 1\n    return list(inner())");
    assert!(analysis.is_runnable(), "{:?}", analysis.findings);
}

#[test]
fn syntax_errors_have_line_column_and_snippet_and_leave_the_rest_readable() {
    let analysis = strict(
        "import json\nasync def main(city: str) -> dict:\n    x = = 1\n    return await http.get('https://a.de/')\n",
    );
    let finding = analysis.findings.first().unwrap();
    assert_eq!((finding.rule, finding.line, finding.column, finding.snippet.as_str()), ("syntax", 3, 9, "    x = = 1"));
    assert!(finding.message.starts_with("syntax error: "), "{}", finding.message);
    assert_eq!(analysis.input_schema["required"], json!(["city"]));
    assert_eq!(analysis.imports.len(), 1);
    assert_eq!(analysis.hosts[0].rule.host, "a.de");
    let fence = strict("```python\nasync def main(): ...\n```");
    assert!(fence.findings[0].hint.as_deref().unwrap().contains("Markdown"), "{:?}", fence.findings);
}

#[test]
fn code_over_the_cap_is_refused_without_being_parsed() {
    let analysis = strict(&format!("async def main(): ...\n#{}", "x".repeat(100 * 1024)));
    assert_eq!(rules(&analysis, Severity::Error), [("too_large", 1)]);
    assert!(analysis.main.is_none());
}

#[test]
fn defaults_become_defaults_when_json_can_write_them() {
    let code = r#"
from enum import Enum
LIMIT = 10
class Color(Enum):
    RED = "red"
async def main(a: int = 1, b: float = -2.5, c: str = "x" "y", d: bool = True, e: list[int] = [1, 2], f: dict = {"k": None},
               g: tuple = (1,), h: Color = Color.RED, i: int = LIMIT, j: str | None = None, k: str = None, l: int = f(), m: int = 2**70,
               *, n: list[str] = []): ...
"#;
    let analysis = strict(code);
    let property = |name: &str| analysis.input_schema["properties"][name].clone();
    let expected: &[(&str, Value)] = &[
        ("a", json!(1)),
        ("b", json!(-2.5)),
        ("c", json!("xy")),
        ("d", json!(true)),
        ("e", json!([1, 2])),
        ("f", json!({"k": null})),
        ("g", json!([1])),
        ("h", json!("red")),
        ("i", json!(10)),
        ("j", json!(null)),
        ("k", json!(null)),
        ("n", json!([])),
    ];
    for (name, default) in expected {
        assert_eq!(property(name).get("default"), Some(default), "{name}");
    }
    assert_eq!(property("k")["anyOf"], json!([{"type": "string"}, {"type": "null"}]));
    for computed in ["l", "m"] {
        assert_eq!(property(computed).get("default"), None, "{computed}");
    }
    assert_eq!(analysis.input_schema["required"], json!([]));
    let order: Vec<_> = analysis.input_schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(order.join(""), "abcdefghijklmn");
}

#[test]
fn the_signature_is_kept_as_written() {
    let main = strict("\ndef main(a: dict[str,int], b=2) -> list [int]: ...").main.unwrap();
    assert_eq!((main.line, main.is_async, main.returns.as_deref()), (2, false, Some("list [int]")));
    let parameters: Vec<_> =
        main.parameters.iter().map(|p| (p.name.as_str(), p.required, p.annotation.as_deref())).collect();
    assert_eq!(parameters, [("a", true, Some("dict[str,int]")), ("b", false, None)]);
}

#[test]
fn parameters_without_annotation_or_with_the_name_of_a_global_warn() {
    let analysis = strict("async def main(city, http: str, ctx: int = 1): ...");
    assert_eq!(analysis.input_schema["properties"]["city"], json!({}));
    assert_eq!(
        rules(&analysis, Severity::Warning),
        [("unannotated_parameter", 1), ("shadowed_global", 1), ("shadowed_global", 1)]
    );
    assert!(!analysis.uses_http);
}

const GOOGLE: &str = r#"    """Fetches the weather.

    More words
    on two lines.

    Args:
        city (str): Name of the city,
            or its code.
        days (int, optional): How many days (1: today).
        units: Which units.

    Returns:
        dict: The forecast.

    Raises:
        ValueError: Never mind: this.
    """"#;

const NUMPY: &str = r#"    """
    Fetches the weather.

    More words
    on two lines.

    Parameters
    ----------
    city : str
        Name of the city,
        or its code.
    days : int, optional
        How many days (1: today).
    units : {"metric", "us"}
        Which units.

    Returns
    -------
    dict
        The forecast.

    Raises
    ------
    ValueError
        Never mind: this.
    """"#;

const REST: &str = r#"    """Fetches the weather.

    More words
    on two lines.

    :param str city: Name of the city,
        or its code.
    :param days: How many days (1: today).
    :type days: int
    :param units: Which units.
    :returns: The forecast.
    :rtype: dict
    :raises ValueError: Never mind: this.
    """"#;

const EPYTEXT: &str = r#"    """Fetches the weather.

    More words
    on two lines.

    @param city: Name of the city, or its code.
    @param days: How many days (1: today).
    @param units: Which units.
    @return: The forecast.
    """"#;

#[test]
fn docstrings_of_all_styles_describe_the_same() {
    for docs in [GOOGLE, NUMPY, REST, EPYTEXT] {
        let analysis = strict(&format!(
            "async def main(city: str, days: int = 1, units: str = 'metric') -> dict:\n{docs}\n    return {{}}"
        ));
        assert_eq!(analysis.description.as_deref(), Some("Fetches the weather.\n\nMore words on two lines."), "{docs}");
        let description = |name: &str| {
            analysis.input_schema["properties"][name]["description"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(description("city"), "Name of the city, or its code.", "{docs}");
        assert_eq!(description("days"), "How many days (1: today).", "{docs}");
        assert_eq!(description("units"), "Which units.", "{docs}");
        assert_eq!(analysis.output_schema.unwrap()["description"], "The forecast.", "{docs}");
    }
}

#[test]
fn descriptions_fall_back_and_annotated_wins() {
    let code = "\"\"\"Tools for weather.\"\"\"\nfrom typing import Annotated\nasync def main(a: Annotated[int, 'From the annotation.']): ...";
    assert_eq!(strict(code).description.as_deref(), Some("Tools for weather."));
    let both = "from typing import Annotated\nasync def main(a: Annotated[int, 'From the annotation.']):\n    '''Adds.\n\n    Args:\n        a: From the docstring.\n    '''";
    assert_eq!(strict(both).input_schema["properties"]["a"]["description"], "From the annotation.");
    assert_eq!(strict("async def main(): ...").description, None);
    let long = format!("async def main():\n    '''{}'''", "wörter ".repeat(1_000));
    assert!(strict(&long).description.unwrap().chars().count() <= 1_001);
}

#[test]
fn lists_in_a_summary_keep_their_lines() {
    let code = "async def main():\n    '''Does two things:\n\n    - one\n    - two\n\n    Note: this stays.\n    '''";
    assert_eq!(strict(code).description.as_deref(), Some("Does two things:\n\n- one\n- two\n\nNote: this stays."));
}
