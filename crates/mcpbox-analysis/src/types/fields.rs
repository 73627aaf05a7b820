//! The fields of dataclasses, TypedDicts and NamedTuples, with those of their bases.

use std::collections::HashSet;

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtAnnAssign, StmtClassDef};
use serde_json::{Value, json};

use crate::{literal, symbols::Symbols};

/// A field of a class.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) annotation: Option<&'a Expr>,
    pub(super) is_required: bool,
    pub(super) default: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dataclass,
    TypedDict,
    NamedTuple,
}

/// The fields of a class, those of its bases first; none when it has no such kind.
pub(super) fn of_class<'a>(class: &'a StmtClassDef, symbols: &Symbols<'a>) -> Option<Vec<Field<'a>>> {
    let kind = kind(class, symbols, 8)?;
    let mut fields = Vec::new();
    collect(class, kind, symbols, &mut HashSet::new(), &mut fields, 8);
    Some(fields)
}

/// The fields of `TypedDict("X", {"a": int})` and `NamedTuple("X", [("a", int)])`.
pub(super) fn of_call<'a>(list: &'a Expr, is_total: bool, symbols: &Symbols<'_>) -> Vec<Field<'a>> {
    let pair = |name: &'a Expr, annotation: &'a Expr| {
        let Expr::StringLiteral(name) = name else { return None };
        let is_required = marker(annotation, symbols).unwrap_or(is_total);
        Some(Field { name: name.value.to_str(), annotation: Some(annotation), is_required, default: None })
    };
    match list {
        Expr::Dict(dict) => dict.items.iter().filter_map(|item| pair(item.key.as_ref()?, &item.value)).collect(),
        Expr::List(list) => list
            .elts
            .iter()
            .filter_map(|item| match item {
                Expr::Tuple(tuple) => match tuple.elts.as_slice() {
                    [name, annotation] => pair(name, annotation),
                    _ => None,
                },
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn kind(class: &StmtClassDef, symbols: &Symbols<'_>, depth: usize) -> Option<Kind> {
    symbols.burn()?;
    let depth = depth.checked_sub(1)?;
    let is_dataclass = class.decorator_list.iter().any(|decorator| {
        let function = match &decorator.expression {
            Expr::Call(call) => &call.func,
            other => other,
        };
        symbols.path(function).is_some_and(|path| path.rsplit('.').next() == Some("dataclass"))
    });
    if is_dataclass {
        return Some(Kind::Dataclass);
    }
    class.bases().iter().find_map(|base| {
        let path = symbols.path(base)?;
        match path.rsplit('.').next().unwrap_or_default() {
            "TypedDict" => Some(Kind::TypedDict),
            "NamedTuple" => Some(Kind::NamedTuple),
            name => kind(symbols.classes.get(name)?, symbols, depth),
        }
    })
}

fn collect<'a>(
    class: &'a StmtClassDef,
    kind: Kind,
    symbols: &Symbols<'a>,
    seen: &mut HashSet<&'a str>,
    fields: &mut Vec<Field<'a>>,
    depth: usize,
) {
    if depth == 0 || !seen.insert(class.name.as_str()) {
        return;
    }
    for base in class.bases() {
        if let Expr::Name(name) = base
            && let Some(base) = symbols.classes.get(name.id.as_str())
        {
            collect(base, kind, symbols, seen, fields, depth - 1);
        }
    }
    let is_total = !class.keywords().iter().any(|keyword| {
        keyword.arg.as_ref().is_some_and(|arg| arg == "total")
            && matches!(&keyword.value, Expr::BooleanLiteral(total) if !total.value)
    });
    let own = class.body.iter().filter_map(|stmt| match stmt {
        Stmt::AnnAssign(assign) => field(assign, kind, is_total, symbols),
        _ => None,
    });
    fields.extend(own);
}

fn field<'a>(assign: &'a StmtAnnAssign, kind: Kind, is_total: bool, symbols: &Symbols<'_>) -> Option<Field<'a>> {
    let Expr::Name(name) = &*assign.target else { return None };
    let annotation = &*assign.annotation;
    let outer = match annotation {
        Expr::Subscript(subscript) => symbols.path(&subscript.value),
        other => symbols.path(other),
    };
    if outer.is_some_and(|path| path.ends_with("ClassVar") || path.ends_with("KW_ONLY")) {
        return None;
    }
    let mut field = Field { name: name.id.as_str(), annotation: Some(annotation), is_required: true, default: None };
    match (kind, assign.value.as_deref()) {
        (Kind::TypedDict, _) => field.is_required = marker(annotation, symbols).unwrap_or(is_total),
        (_, None) => {}
        (Kind::Dataclass, Some(Expr::Call(call))) if is_field(call, symbols) => {
            read_field_call(call, &mut field, symbols)?
        }
        (_, Some(value)) => {
            field.is_required = false;
            field.default = literal::to_json(value, symbols);
        }
    }
    Some(field)
}

/// `field(default=…, default_factory=list, init=False)`. None when it is not part of the constructor.
fn read_field_call(call: &ExprCall, field: &mut Field<'_>, symbols: &Symbols<'_>) -> Option<()> {
    for keyword in &call.arguments.keywords {
        match keyword.arg.as_ref().map_or("", |arg| arg.as_str()) {
            "init" if matches!(&keyword.value, Expr::BooleanLiteral(init) if !init.value) => return None,
            "default" => {
                field.is_required = false;
                field.default = literal::to_json(&keyword.value, symbols);
            }
            "default_factory" => {
                field.is_required = false;
                field.default = match symbols.path(&keyword.value).as_deref() {
                    Some("list" | "set" | "tuple") => Some(json!([])),
                    Some("dict") => Some(json!({})),
                    Some("str") => Some(json!("")),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    Some(())
}

fn is_field(call: &ExprCall, symbols: &Symbols<'_>) -> bool {
    symbols.path(&call.func).is_some_and(|path| matches!(path.as_str(), "field" | "dataclasses.field"))
}

/// What `Required[…]` or `NotRequired[…]` says, also inside `Annotated[…]`.
fn marker(annotation: &Expr, symbols: &Symbols<'_>) -> Option<bool> {
    let mut current = annotation;
    for _ in 0..4 {
        let Expr::Subscript(subscript) = current else { return None };
        match symbols.path(&subscript.value)?.rsplit('.').next()? {
            "Required" => return Some(true),
            "NotRequired" => return Some(false),
            _ => {
                current = match &*subscript.slice {
                    Expr::Tuple(tuple) => tuple.elts.first()?,
                    single => single,
                }
            }
        }
    }
    None
}
