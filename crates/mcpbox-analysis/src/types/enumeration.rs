//! Enum classes to the values of their members.

use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use serde_json::Value;

use crate::{literal, symbols::Symbols};

/// What an enum's members are when they are `auto()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Auto {
    Number,
    Name,
}

/// Names and values of an enum's members; none when the class is no enum or a value is no plain literal.
pub(crate) fn members<'a>(class: &'a StmtClassDef, symbols: &Symbols<'_>) -> Option<Vec<(&'a str, Value)>> {
    let auto = base(class, symbols, 8)?;
    let mut members: Vec<(&str, Value)> = Vec::new();
    for (name, value) in assignments(class) {
        symbols.burn()?;
        let value = match value {
            Expr::Call(call) if symbols.path(&call.func).is_some_and(|path| path.ends_with("auto")) => match auto {
                Auto::Name => name.to_ascii_lowercase().into(),
                Auto::Number => {
                    let highest = members.iter().next_back().and_then(|(_, value)| value.as_i64()).unwrap_or(0);
                    (highest + 1).into()
                }
            },
            other => literal::to_json(other, symbols).filter(|value| value.is_string() || value.is_number())?,
        };
        members.push((name, value));
    }
    (!members.is_empty()).then_some(members)
}

/// Whether the class is an enum.
pub(super) fn is_enum(class: &StmtClassDef, symbols: &Symbols<'_>) -> bool {
    base(class, symbols, 8).is_some()
}

fn base(class: &StmtClassDef, symbols: &Symbols<'_>, depth: usize) -> Option<Auto> {
    let depth = depth.checked_sub(1)?;
    class.bases().iter().find_map(|base_class| {
        symbols.burn()?;
        let path = symbols.path(base_class)?;
        match path.strip_prefix("enum.").unwrap_or(&path) {
            "StrEnum" => Some(Auto::Name),
            "Enum" | "IntEnum" | "Flag" | "IntFlag" => Some(Auto::Number),
            name => base(symbols.classes.get(name)?, symbols, depth),
        }
    })
}

fn assignments(class: &StmtClassDef) -> impl Iterator<Item = (&str, &Expr)> {
    class.body.iter().filter_map(|stmt| {
        let Stmt::Assign(assign) = stmt else { return None };
        let [Expr::Name(name)] = assign.targets.as_slice() else { return None };
        (!name.id.starts_with('_')).then_some((name.id.as_str(), &*assign.value))
    })
}
