//! The signature of `main` as schemas: parameters to the input schema, the return annotation to the output schema.

use ruff_python_ast::{Expr, ModModule, ParameterWithDefault, StmtFunctionDef};
use ruff_text_size::Ranged;
use serde_json::{Map, Value, json};

use crate::{
    MainParameter, MainSignature,
    analyze::empty_input_schema,
    docstring::{self, Docstring},
    finding::Report,
    literal, main_function,
    source::Source,
    symbols::Symbols,
    types::{Direction, Schemas, accepts_null},
};

/// Names that tool code finds as globals.
const GLOBALS: &[&str] = &["arguments", "ctx", "datetime", "http", "json", "secrets", "tools"];

/// What the signature tells.
pub(crate) struct Signature {
    pub(crate) main: Option<MainSignature>,
    pub(crate) input_schema: Value,
    pub(crate) output_schema: Option<Value>,
    pub(crate) wraps_result: bool,
    pub(crate) description: Option<String>,
}

/// Derives the schemas and the description.
pub(crate) fn derive(module: &ModModule, source: &Source<'_>, symbols: &Symbols<'_>, report: &mut Report) -> Signature {
    let about = docstring::of_body(&module.body).map(|docs| docs.summary).filter(|text| !text.is_empty());
    let Some(main) = main_function::find(&module.body, report) else {
        let input_schema = empty_input_schema();
        return Signature { main: None, input_schema, output_schema: None, wraps_result: false, description: about };
    };
    let docs = docstring::of_body(&main.body).unwrap_or_default();
    let input_schema = input(main, &docs, symbols, report);
    let output = output(main, &docs, symbols, report);
    Signature {
        main: Some(describe_main(main, source)),
        input_schema,
        wraps_result: output.as_ref().is_some_and(|(_, wraps)| *wraps),
        output_schema: output.map(|(schema, _)| schema),
        description: Some(docs.summary).filter(|text| !text.is_empty()).or(about),
    }
}

fn describe_main(main: &StmtFunctionDef, source: &Source<'_>) -> MainSignature {
    let parameters = main.parameters.iter_non_variadic_params().map(|parameter| MainParameter {
        name: parameter.name().to_string(),
        required: parameter.default.is_none(),
        annotation: parameter.annotation().map(|annotation| source.slice(annotation.range())),
    });
    MainSignature {
        line: source.line(main.name.start()),
        is_async: main.is_async,
        parameters: parameters.collect(),
        returns: main.returns.as_ref().map(|returns| source.slice(returns.range())),
    }
}

/// The schema of a function's parameters.
pub(crate) fn input(main: &StmtFunctionDef, docs: &Docstring, symbols: &Symbols<'_>, report: &mut Report) -> Value {
    for parameter in main.parameters.iter_non_variadic_params() {
        check_name(parameter, report);
    }
    let mut schemas = Schemas::new(symbols, report, Direction::Input);
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for parameter in main.parameters.iter_non_variadic_params() {
        let name = parameter.name().as_str();
        properties.insert(name.to_owned(), Value::Object(property(parameter, docs, symbols, &mut schemas)));
        if parameter.default.is_none() {
            required.push(name.into());
        }
    }
    let root = json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    Value::Object(schemas.finish(root.as_object().cloned().unwrap_or_default()))
}

fn property(
    parameter: &ParameterWithDefault,
    docs: &Docstring,
    symbols: &Symbols<'_>,
    schemas: &mut Schemas<'_, '_, '_>,
) -> Map<String, Value> {
    let default = parameter.default.as_deref();
    let mut schema = parameter.annotation().map(|annotation| schemas.read(annotation)).unwrap_or_default();
    if matches!(default, Some(Expr::NoneLiteral(_)))
        && parameter.annotation().is_some_and(|annotation| !allows_none(annotation, symbols, &schema))
    {
        schema = Schemas::or_null(schema);
    }
    if let Some(text) = docs.parameters.get(parameter.name().as_str())
        && !schema.contains_key("description")
    {
        schema.insert("description".to_owned(), text.as_str().into());
    }
    if let Some(value) = default.and_then(|default| literal::to_json(default, symbols)) {
        schema.insert("default".to_owned(), value);
    }
    schema
}

/// Whether None fits already: by the schema, or by an alias that is still a reference (`Maybe = str | None`).
fn allows_none(annotation: &Expr, symbols: &Symbols<'_>, schema: &Map<String, Value>) -> bool {
    let alias = match annotation {
        Expr::Name(name) => symbols.values.get(name.id.as_str()),
        _ => None,
    };
    accepts_null(schema) || alias.is_some()
}

fn check_name(parameter: &ParameterWithDefault, report: &mut Report) {
    let name = parameter.name();
    if GLOBALS.contains(&name.as_str()) {
        let message = format!("the parameter `{name}` hides the global `{name}`");
        report.warning(
            "shadowed_global",
            name,
            message,
            "Rename the parameter unless the code does not need the global.",
        );
    }
    if parameter.annotation().is_none() {
        let message = format!("the parameter `{name}` has no annotation; any value will be accepted");
        report.warning("unannotated_parameter", name, message, &format!("Annotate it: `{name}: str`."));
    }
}

/// The output schema and whether the result is wrapped. None when the annotation does not tell.
fn output(
    main: &StmtFunctionDef,
    docs: &Docstring,
    symbols: &Symbols<'_>,
    report: &mut Report,
) -> Option<(Value, bool)> {
    let returns = main.returns.as_deref()?;
    let mut schemas = Schemas::new(symbols, report, Direction::Output);
    let mut schema = schemas.read(returns);
    if schema.is_empty() {
        return None;
    }
    if let Some(text) = &docs.returns
        && !schema.contains_key("description")
    {
        schema.insert("description".to_owned(), text.as_str().into());
    }
    let (placed, is_known) = schemas.finish_root(schema);
    if placed.get("type").is_some_and(|kind| kind == "object") {
        return Some((Value::Object(placed), false));
    }
    // A type that says nothing about its shape may turn out to be an object, which is not wrapped.
    is_known.then(|| (wrap(placed), true))
}

fn wrap(mut schema: Map<String, Value>) -> Value {
    let definitions = schema.remove("$defs");
    let mut wrapped = json!({"type": "object", "properties": {"result": schema}, "required": ["result"], "additionalProperties": false});
    if let (Some(map), Some(definitions)) = (wrapped.as_object_mut(), definitions) {
        map.insert("$defs".to_owned(), definitions);
    }
    wrapped
}
