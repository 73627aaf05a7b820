//! Class definitions: metaclasses, and special methods that change how attributes and classes work.

use ruff_python_ast::{Expr, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::{Weight, broken, names::is_dunder};
use crate::{finding::Report, symbols::Symbols};

/// Special methods that ordinary classes have.
const METHODS: &str = "abs add aenter aexit aiter and anext await bool call ceil complex contains copy deepcopy delitem divmod enter eq \
    exit float floor floordiv format ge getitem gt hash iadd iand ifloordiv ilshift imatmul imod imul index init int invert ior ipow \
    irshift isub iter itruediv ixor le len length_hint lshift lt matmul missing mod mul ne neg next or pos post_init pow radd rand \
    rdivmod repr reversed rfloordiv rlshift rmatmul rmod rmul ror round rpow rrshift rshift rsub rtruediv rxor setitem str sub \
    truediv trunc xor";

/// Checks the header of a class.
pub(crate) fn check(class: &StmtClassDef, symbols: &Symbols<'_>, report: &mut Report) {
    for keyword in class.keywords() {
        let is_metaclass = keyword.arg.as_ref().is_none_or(|arg| arg == "metaclass");
        let is_abstract = symbols.path(&keyword.value).is_some_and(|path| path == "abc.ABCMeta");
        if is_metaclass && !is_abstract {
            let message = "a metaclass runs code when classes are made and used".to_owned();
            broken(
                report,
                Weight::Telling,
                "metaclass",
                keyword,
                message,
                "Use a plain class, or inherit from abc.ABC.",
            );
        }
    }
    for base in class.bases() {
        if matches!(base, Expr::Starred(_)) {
            broken(
                report,
                Weight::Ordinary,
                "metaclass",
                base,
                "the bases of this class are computed".to_owned(),
                "Name the base classes.",
            );
        }
    }
}

/// Checks the name of a method.
pub(crate) fn check_method(method: &StmtFunctionDef, report: &mut Report) {
    let name = method.name.as_str();
    if is_dunder(name) && !is_allowed_method(name) {
        let message = format!("the method `{name}` changes how attributes or classes work");
        broken(report, Weight::Ordinary, "special_method", method.name.range(), message, "Use an ordinary method.");
    }
}

/// Whether a special method is one that ordinary classes have.
pub(crate) fn is_allowed_method(name: &str) -> bool {
    let bare = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    bare.is_some_and(|bare| METHODS.split_ascii_whitespace().any(|method| method == bare))
}

/// Whether a class body may bind the name: `__slots__ = (…)`, `__hash__ = None`, `__radd__ = __add__`.
pub(crate) fn is_bindable(name: &str) -> bool {
    matches!(name, "__slots__" | "__match_args__") || is_allowed_method(name)
}
