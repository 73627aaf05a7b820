//! Builtins that the strict policy keeps away, unless the name is bound in an enclosing function: `def f(type): …`.

use std::collections::{HashMap, HashSet};

use ruff_text_size::{TextRange, TextSize};

use super::{Weight, broken};
use crate::finding::Report;

/// Names, what they do, and what to do instead.
const FORBIDDEN: &[(&str, Weight, &str, &str)] = &[
    ("__import__", Weight::Telling, "imports by a computed name", "Use an import statement."),
    ("breakpoint", Weight::Ordinary, "starts a debugger", "Use print() or ctx.log()."),
    ("compile", Weight::Telling, "turns text into code", "For patterns write re.compile(…)."),
    ("copyright", Weight::Ordinary, "belongs to the interactive shell", "Remove it."),
    ("credits", Weight::Ordinary, "belongs to the interactive shell", "Remove it."),
    ("delattr", Weight::Ordinary, "removes an attribute by a computed name", "Use `del value.name`, or a dict."),
    ("dir", Weight::Ordinary, "lists attributes", "Name the attributes, or use a dict."),
    ("eval", Weight::Telling, "runs text as code", "Use json.loads for data, or write the expression out."),
    ("exec", Weight::Telling, "runs text as code", "Write the code out as functions."),
    ("exit", Weight::Ordinary, "ends the process", "Return from main, or raise an error."),
    ("getattr", Weight::Ordinary, "reads an attribute by a computed name", "Write value.name, or use a dict."),
    ("globals", Weight::Telling, "gives the module's namespace", "Use a dict of your own."),
    ("help", Weight::Ordinary, "belongs to the interactive shell", "Remove it."),
    (
        "input",
        Weight::Ordinary,
        "waits for a keyboard that a tool does not have",
        "Take the value as a parameter of main.",
    ),
    ("license", Weight::Ordinary, "belongs to the interactive shell", "Remove it."),
    ("locals", Weight::Ordinary, "gives the local namespace", "Use a dict of your own."),
    ("memoryview", Weight::Ordinary, "gives raw memory", "Use bytes or bytearray."),
    (
        "open",
        Weight::Ordinary,
        "opens files, of which a tool has none",
        "Take the content as a parameter, or fetch it with http.",
    ),
    ("quit", Weight::Ordinary, "ends the process", "Return from main, or raise an error."),
    ("setattr", Weight::Ordinary, "sets an attribute by a computed name", "Write value.name = …, or use a dict."),
    ("super", Weight::Ordinary, "gives the methods of a base class", "Only super().method(…) is allowed."),
    ("type", Weight::Ordinary, "gives or makes classes", "Use isinstance(value, Class) to tell values apart."),
    ("vars", Weight::Ordinary, "gives the attributes of a value", "Use dataclasses.asdict, or a dict."),
];

/// Module-level dunder names that only label the module.
const LABELS: &[&str] = &["__all__", "__author__", "__debug__", "__doc__", "__license__", "__name__", "__version__"];

/// Whether a name is a dunder: `__class__`.
pub(crate) fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// A dunder name used as a variable. In a class body the names of allowed methods may be bound.
pub(crate) fn check_dunder(name: &str, at: TextRange, is_class_binding: bool, report: &mut Report) {
    let is_allowed = LABELS.contains(&name) || (is_class_binding && super::classes::is_bindable(name));
    if is_dunder(name) && !is_allowed && name != "__import__" {
        let weight = if name == "__builtins__" || name == "__loader__" { Weight::Telling } else { Weight::Ordinary };
        broken(
            report,
            weight,
            "dunder_name",
            at,
            format!("`{name}` reaches into the interpreter"),
            "Do without names of the form __x__.",
        );
    }
}

fn entry(name: &str) -> Option<&'static (&'static str, Weight, &'static str, &'static str)> {
    FORBIDDEN.binary_search_by_key(&name, |entry| entry.0).ok().and_then(|index| FORBIDDEN.get(index))
}

/// Scopes and the uses of forbidden names in them. Which scope binds a name is known only after the walk.
pub(crate) struct Scopes<'a> {
    scopes: Vec<Scope<'a>>,
    current: usize,
    uses: Vec<(&'a str, TextRange, usize)>,
}

/// Uses of globals that code finds without importing.
#[derive(Default)]
pub(crate) struct Globals {
    pub(crate) uses_http: bool,
    /// Where the mapping of secrets is read.
    pub(crate) secrets: Vec<TextRange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function { is_async: bool },
    Lambda,
    Comprehension,
}

struct Scope<'a> {
    kind: ScopeKind,
    parent: usize,
    bound: HashSet<&'a str>,
    global: HashSet<&'a str>,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new() -> Self {
        let module = Scope { kind: ScopeKind::Module, parent: 0, bound: HashSet::new(), global: HashSet::new() };
        Self { scopes: vec![module], current: 0, uses: Vec::new() }
    }

    pub(crate) fn enter(&mut self, kind: ScopeKind) {
        self.scopes.push(Scope { kind, parent: self.current, bound: HashSet::new(), global: HashSet::new() });
        self.current = self.scopes.len() - 1;
    }

    pub(crate) fn leave(&mut self) {
        self.current = self.scopes.get(self.current).map_or(0, |scope| scope.parent);
    }

    pub(crate) fn kind(&self) -> ScopeKind {
        self.scopes.get(self.current).map_or(ScopeKind::Module, |scope| scope.kind)
    }

    /// The kind of the innermost scope that is no comprehension.
    pub(crate) fn enclosing_kind(&self) -> ScopeKind {
        let mut index = self.current;
        while let Some(scope) = self.scopes.get(index).filter(|scope| scope.kind == ScopeKind::Comprehension) {
            index = scope.parent;
        }
        self.scopes.get(index).map_or(ScopeKind::Module, |scope| scope.kind)
    }

    /// A name is bound here.
    pub(crate) fn bind(&mut self, name: &'a str) {
        if is_watched(name)
            && let Some(scope) = self.scopes.get_mut(self.current)
        {
            scope.bound.insert(name);
        }
    }

    /// `name := …` binds in the scope around comprehensions.
    pub(crate) fn bind_outside_comprehension(&mut self, name: &'a str) {
        let inner = self.current;
        while self.kind() == ScopeKind::Comprehension {
            self.leave();
        }
        self.bind(name);
        self.current = inner;
    }

    /// `global name`
    pub(crate) fn declare_global(&mut self, name: &'a str) {
        if is_watched(name)
            && let Some(scope) = self.scopes.get_mut(self.current)
        {
            scope.global.insert(name);
        }
    }

    /// A name is read here.
    pub(crate) fn read(&mut self, name: &'a str, at: TextRange) {
        if is_watched(name) {
            self.uses.push((name, at, self.current));
        }
    }

    /// Reports uses of forbidden builtins; returns the uses of two globals.
    pub(crate) fn finish(self, calls_of_super: &HashSet<TextSize>, report: &mut Report) -> Globals {
        let mut globals = Globals::default();
        let mut known = HashMap::new();
        for (name, at, scope) in &self.uses {
            if self.is_local(name, *scope, &mut known) {
                continue;
            }
            globals.uses_http |= *name == "http";
            if *name == "secrets" {
                globals.secrets.push(*at);
            }
            if *name == "super" && calls_of_super.contains(&at.start()) {
                continue;
            }
            if let Some((name, weight, what, hint)) = entry(name) {
                broken(report, *weight, "forbidden_builtin", *at, format!("`{name}` {what}"), hint);
            }
        }
        globals
    }

    /// Whether a function around the use binds the name. Bindings of modules and classes do not count: before they are
    /// made, the name means the builtin. Answers are kept for all scopes on the way, so that the whole stays linear.
    fn is_local(&self, name: &'a str, start: usize, known: &mut HashMap<(&'a str, usize), bool>) -> bool {
        let mut index = start;
        let mut passed = Vec::new();
        let answer = loop {
            if let Some(answer) = known.get(&(name, index)) {
                break *answer;
            }
            passed.push(index);
            let Some(scope) = self.scopes.get(index).filter(|scope| index != 0 && !scope.global.contains(name)) else {
                break false;
            };
            let is_function =
                matches!(scope.kind, ScopeKind::Function { .. } | ScopeKind::Lambda | ScopeKind::Comprehension);
            if is_function && scope.bound.contains(name) {
                break true;
            }
            index = scope.parent;
        };
        known.extend(passed.into_iter().map(|index| ((name, index), answer)));
        answer
    }
}

fn is_watched(name: &str) -> bool {
    matches!(name, "http" | "secrets") || entry(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(FORBIDDEN.is_sorted_by_key(|entry| entry.0));
    }
}
