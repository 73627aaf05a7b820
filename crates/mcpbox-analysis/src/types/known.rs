//! The types that are known by name.

use serde_json::{Value, json};

/// What a well-known type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A schema of its own, see [`scalar`].
    Scalar(&'static str),
    /// Anything.
    Any,
    List,
    Set,
    Tuple,
    Dict,
    Optional,
    Union,
    Literal,
    Annotated,
    /// `Final[T]`, `Required[T]` …: stands for T.
    Transparent,
    Bytes,
    /// A type no JSON value can stand for.
    Unsupported,
}

const NAMES: &[(&str, Known)] = &[
    ("AbstractSet", Known::Set),
    ("Annotated", Known::Annotated),
    ("Any", Known::Any),
    ("AnyStr", Known::Scalar("str")),
    ("Callable", Known::Unsupported),
    ("ClassVar", Known::Transparent),
    ("Collection", Known::List),
    ("Decimal", Known::Scalar("decimal")),
    ("DefaultDict", Known::Dict),
    ("Deque", Known::List),
    ("Dict", Known::Dict),
    ("Final", Known::Transparent),
    ("Fraction", Known::Scalar("str")),
    ("FrozenSet", Known::Set),
    ("IPv4Address", Known::Scalar("ipv4")),
    ("IPv6Address", Known::Scalar("ipv6")),
    ("InitVar", Known::Transparent),
    ("Iterable", Known::List),
    ("Iterator", Known::List),
    ("List", Known::List),
    ("Literal", Known::Literal),
    ("LiteralString", Known::Scalar("str")),
    ("Mapping", Known::Dict),
    ("MutableMapping", Known::Dict),
    ("MutableSequence", Known::List),
    ("MutableSet", Known::Set),
    ("NotRequired", Known::Transparent),
    ("Optional", Known::Optional),
    ("OrderedDict", Known::Dict),
    ("ReadOnly", Known::Transparent),
    ("Required", Known::Transparent),
    ("Sequence", Known::List),
    ("Set", Known::Set),
    ("Text", Known::Scalar("str")),
    ("Tuple", Known::Tuple),
    ("UUID", Known::Scalar("uuid")),
    ("Union", Known::Union),
    ("ZoneInfo", Known::Scalar("str")),
    ("bool", Known::Scalar("bool")),
    ("bytearray", Known::Bytes),
    ("bytes", Known::Bytes),
    ("complex", Known::Unsupported),
    ("date", Known::Scalar("date")),
    ("datetime", Known::Scalar("datetime")),
    ("defaultdict", Known::Dict),
    ("deque", Known::List),
    ("dict", Known::Dict),
    ("float", Known::Scalar("float")),
    ("frozenset", Known::Set),
    ("int", Known::Scalar("int")),
    ("list", Known::List),
    ("memoryview", Known::Bytes),
    ("object", Known::Any),
    ("range", Known::Unsupported),
    ("set", Known::Set),
    ("str", Known::Scalar("str")),
    ("time", Known::Scalar("time")),
    ("timedelta", Known::Scalar("timedelta")),
    ("tuple", Known::Tuple),
    ("type", Known::Unsupported),
];

const BUILTINS: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "memoryview",
    "object",
    "range",
    "set",
    "str",
    "tuple",
    "type",
];

/// Modules whose names count; the global `datetime` is there without an import.
const MODULES: &[&str] = &[
    "builtins",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "fractions",
    "ipaddress",
    "typing",
    "typing_extensions",
    "uuid",
    "zoneinfo",
];

/// What a dotted path with imports resolved means, and whether its name must still be imported.
pub(super) fn known(path: &str) -> Option<(Known, bool)> {
    let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, known)| *known)?;
    match module {
        "" => Some((known, !BUILTINS.contains(&name) && name != "datetime")),
        _ => MODULES.contains(&module).then_some((known, false)),
    }
}

/// The module to import a bare name from.
pub(super) fn home(name: &str) -> &'static str {
    match name {
        "Decimal" => "decimal",
        "Fraction" => "fractions",
        "IPv4Address" | "IPv6Address" => "ipaddress",
        "InitVar" => "dataclasses",
        "UUID" => "uuid",
        "ZoneInfo" => "zoneinfo",
        "date" | "time" | "timedelta" => "datetime",
        "OrderedDict" | "defaultdict" | "deque" => "collections",
        _ => "typing",
    }
}

/// The schema of a scalar.
pub(super) fn scalar(name: &str) -> Value {
    match name {
        "bool" => json!({"type": "boolean"}),
        "int" => json!({"type": "integer"}),
        "float" => json!({"type": "number"}),
        "datetime" => json!({"type": "string", "format": "date-time"}),
        "date" => json!({"type": "string", "format": "date"}),
        "time" => json!({"type": "string", "format": "time"}),
        "timedelta" => json!({"type": "string", "format": "duration"}),
        "uuid" => json!({"type": "string", "format": "uuid"}),
        "ipv4" => json!({"type": "string", "format": "ipv4"}),
        "ipv6" => json!({"type": "string", "format": "ipv6"}),
        "decimal" => json!({"type": ["string", "number"]}),
        _ => json!({"type": "string"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_in_their_modules_only() {
        assert_eq!(known("typing.List"), Some((Known::List, false)));
        assert_eq!(known("list"), Some((Known::List, false)));
        assert_eq!(known("Optional"), Some((Known::Optional, true)));
        assert_eq!(known("datetime.datetime"), Some((Known::Scalar("datetime"), false)));
        assert_eq!(known("pandas.Set"), None);
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
    }
}
