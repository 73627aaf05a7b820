//! Prompts and resources: what a module offers beside `main`, read and never run.

use mcpbox_analysis::{Analysis, SecretSink, Severity, analyze};
use mcpbox_core::server::CodePolicy;
use serde_json::json;

fn strict(code: &str) -> Analysis {
    analyze(&format!("{code}\n\nasync def main() -> str:\n    return \"\"\n"), CodePolicy::Strict)
}

fn rules(analysis: &Analysis, severity: Severity) -> Vec<(&'static str, u32)> {
    let found = analysis.findings.iter().filter(|finding| finding.severity == severity);
    found.map(|finding| (finding.rule, finding.line)).collect()
}

const NOTES: &str = r#"
from typing import Annotated, Literal
from enum import Enum

class Size(Enum):
    SMALL = "small"
    LARGE = "large"

@prompt
async def review(text: str, tone: Literal["kind", "strict"] = "kind", size: Size | None = None) -> str:
    """Asks for a review of a text.

    Args:
        text: What to review.
    """
    return f"Review this, {tone}: {text}"

@prompt(name="plan_day", title="Plan my day", description="Plans " + "a day.")
def plan(hours: int, alone: bool = True):
    return [{"role": "user", "content": "…"}]

@resource("notes://all", mime_type="text/plain")
def everything() -> str:
    """All notes."""
    return ""

@resource("notes://{book}/{page}", name="page")
async def one_page(page: Annotated[int, "From 1."], book: Literal["red", "blue"]):
    return {}
"#;

#[test]
fn definitions_come_from_decorator_signature_and_docstring() {
    let analysis = strict(NOTES);
    assert_eq!(rules(&analysis, Severity::Error), []);
    let [review, plan] = &analysis.prompts[..] else { panic!("{:?}", analysis.prompts) };
    assert_eq!((review.name.as_str(), review.function.as_str(), review.line), ("review", "review", 10));
    assert_eq!(review.description.as_deref(), Some("Asks for a review of a text."));
    let told: Vec<_> =
        review.parameters.iter().map(|one| (one.name.as_str(), one.required, one.values.clone())).collect();
    let values = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let expected = [
        ("text", true, vec![]),
        ("tone", false, values(&["kind", "strict"])),
        ("size", false, values(&["small", "large"])),
    ];
    assert_eq!(told, expected);
    assert_eq!(review.parameters[0].description.as_deref(), Some("What to review."));
    assert_eq!(review.schema["required"], json!(["text"]));
    assert_eq!((plan.name.as_str(), plan.function.as_str()), ("plan_day", "plan"));
    assert_eq!((plan.title.as_deref(), plan.description.as_deref()), (Some("Plan my day"), Some("Plans a day.")));
    assert_eq!(plan.parameters[1].values, ["true", "false"]);
    let [all, page] = &analysis.resources[..] else { panic!("{:?}", analysis.resources) };
    assert_eq!((all.uri.as_str(), all.is_template, all.name.as_str()), ("notes://all", false, "everything"));
    assert_eq!((all.mime_type.as_deref(), all.description.as_deref()), (Some("text/plain"), Some("All notes.")));
    assert_eq!((page.uri.as_str(), page.is_template, page.name.as_str()), ("notes://{book}/{page}", true, "page"));
    assert_eq!(page.parameters[0].description.as_deref(), Some("From 1."));
    assert_eq!(page.parameters[1].values, ["red", "blue"]);
}

#[test]
fn what_cannot_be_offered_says_how_to_repair_it() {
    let cases: &[(&str, &str, u32)] = &[
        ("@resource\ndef a(): ...", "bad_decorator", 1),
        ("@resource()\ndef a(): ...", "bad_decorator", 1),
        ("@resource(uri_of('x'))\ndef a(): ...", "bad_decorator", 1),
        ("@resource('n://a', 'b')\ndef a(): ...", "bad_decorator", 1),
        ("@resource('n://a', size=1)\ndef a(): ...", "bad_decorator", 1),
        ("@prompt('x')\ndef a(): ...", "bad_decorator", 1),
        ("@prompt(name=f'{1}')\ndef a(): ...", "bad_decorator", 1),
        ("@prompt(**{})\ndef a(): ...", "bad_decorator", 1),
        ("@prompt(title=' ')\ndef a(): ...", "bad_decorator", 1),
        ("@prompt(name='A B')\ndef a(): ...", "bad_offer_name", 2),
        ("@prompt\ndef _a(): ...", "bad_offer_name", 2),
        ("@resource('n://a', mime_type='text')\ndef a(): ...", "bad_mime_type", 1),
        ("@resource('notes')\ndef a(): ...", "bad_uri", 1),
        ("@resource('https://a.de/{x}')\ndef a(x): ...", "bad_uri", 1),
        ("@resource('n://{x}{y}')\ndef a(x, y): ...", "bad_uri", 1),
        ("@resource('n://{x}')\ndef a(): ...", "template_parameter", 1),
        ("@resource('n://a')\ndef a(x: str = ''): ...", "template_parameter", 2),
        ("@prompt\ndef a(*all): ...", "variadic_main", 2),
        ("@prompt\ndef a(): ...\n@prompt(name='a')\ndef b(): ...", "duplicate_prompt", 3),
        ("@resource('n://a')\ndef a(): ...\n@resource('n://a')\ndef b(): ...", "duplicate_resource", 3),
        ("@prompt\n@resource('n://a')\ndef a(): ...", "misplaced_decorator", 2),
        ("if True:\n    @prompt\n    def a(): ...", "misplaced_decorator", 2),
        ("class C:\n    @prompt\n    def a(self): ...", "misplaced_decorator", 2),
        ("@prompt\ndef a(): ...\ndef a(): ...", "misplaced_decorator", 2),
        ("@prompt\ndef a(): ...\na = 1", "misplaced_decorator", 2),
        ("import cmd as c\n@prompt\ndef a(): ...\n@prompt\ndef main(): ...", "misplaced_decorator", 4),
    ];
    for (code, rule, line) in cases {
        let analysis = strict(code);
        let found = rules(&analysis, Severity::Error);
        assert!(found.contains(&(*rule, *line)), "{code}: {found:?}");
        let finding = analysis.findings.iter().find(|finding| finding.rule == *rule).unwrap();
        assert!(finding.hint.is_some(), "{code}");
    }
    let many: String = (0..33).map(|i| format!("@prompt\ndef p{i}(): ...\n")).collect();
    assert!(rules(&strict(&many), Severity::Error).contains(&("too_many_offers", 66)));
}

#[test]
fn a_decorator_of_the_authors_own_offers_nothing_and_says_so() {
    for code in [
        "def prompt(f):\n    return f\n\n@prompt\ndef a(): ...",
        "from functools import cache as prompt\n@prompt\ndef a(): ...",
        "prompt = lambda f: f\n@prompt\ndef a(): ...",
    ] {
        let analysis = strict(code);
        assert!(analysis.prompts.is_empty(), "{code}");
        assert!(rules(&analysis, Severity::Warning).iter().any(|found| found.0 == "shadowed_decorator"), "{code}");
    }
}

#[test]
fn a_secret_that_a_resource_returns_reaches_the_model() {
    let analysis = strict("@resource('n://key')\ndef key():\n    return secrets['API_KEY']");
    assert!(analysis.secret_flows.iter().any(|flow| flow.to == SecretSink::Model), "{:?}", analysis.secret_flows);
}
