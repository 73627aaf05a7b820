//! The labels of expressions.

use ruff_python_ast::{Expr, ExprCall, visitor};
use ruff_text_size::Ranged;

use super::{Flow, labels::Labels};
use crate::{literal, secrets, symbols::Symbols};

/// Functions whose result says next to nothing of what they are given.
const OPAQUE: &[&str] = &["all", "any", "bool", "callable", "hash", "id", "isinstance", "len"];
/// Parts of an answer that say nothing of its content.
const STATUS: &[&str] = &["elapsed", "is_error", "is_success", "reason_phrase", "status_code"];
/// Methods that put their arguments into what they belong to.
const FILLERS: &[&str] =
    &["add", "append", "appendleft", "extend", "insert", "put", "setdefault", "update", "write", "writerow"];

impl<'a> Flow<'_, 'a, '_> {
    /// Where the value of an expression may come from.
    pub(super) fn eval(&mut self, expr: &'a Expr) -> Labels {
        match expr {
            Expr::Name(name) if name.id.as_str() == "arguments" => self.sources.argument("arguments", true),
            Expr::Name(name) => self.read(name.id.as_str()),
            Expr::Attribute(attribute) => {
                let owner = self.eval(&attribute.value);
                let name = attribute.attr.as_str();
                if STATUS.contains(&name) {
                    return Labels::NONE;
                }
                owner.with(self.attributes.get(name).copied().unwrap_or_default())
            }
            Expr::Subscript(subscript) => {
                if secrets::is_mapping(&subscript.value, self.symbols) {
                    return self.secret(&subscript.slice);
                }
                self.eval(&subscript.slice);
                self.eval(&subscript.value)
            }
            Expr::Compare(_) => {
                self.within(|this| visitor::walk_expr(this, expr));
                Labels::NONE
            }
            Expr::If(choice) => {
                self.eval(&choice.test);
                let then = self.eval(&choice.body);
                then.with(self.eval(&choice.orelse))
            }
            Expr::Named(named) => {
                let labels = self.eval(&named.value);
                self.bind(&named.target, labels);
                labels
            }
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => self.eval(&lambda.body),
            _ => self.within(|this| visitor::walk_expr(this, expr)),
        }
    }

    fn secret(&mut self, key: &'a Expr) -> Labels {
        let key = literal::text(key, self.symbols).unwrap_or_else(|| "?".to_owned());
        self.sources.secret(&key)
    }

    fn call(&mut self, call: &'a ExprCall) -> Labels {
        if let Some(labels) = self.calls.get(&call.end()) {
            return *labels;
        }
        let labels = self.call_anew(call);
        self.calls.insert(call.end(), labels);
        labels
    }

    fn call_anew(&mut self, call: &'a ExprCall) -> Labels {
        if let Expr::Attribute(method) = &*call.func
            && method.attr.as_str() == "get"
            && secrets::is_mapping(&method.value, self.symbols)
            && let Some(key) = call.arguments.args.first()
        {
            return self.secret(key);
        }
        if let Some((_, url)) = self.facts.resolver.request(call, self.symbols) {
            return self.request(call, url);
        }
        let path = self.symbols.path(&call.func).unwrap_or_default();
        let function = self.eval(&call.func);
        let given = self.arguments(call);
        if let Some(how) = shows(&path) {
            self.shown(given, call.range(), how);
        }
        if OPAQUE.contains(&path.as_str()) {
            return Labels::NONE;
        }
        if path.starts_with("hmac.") || path.starts_with("hashlib.") {
            return self.sources.without_secrets(given);
        }
        if let Expr::Attribute(method) = &*call.func
            && FILLERS.contains(&method.attr.as_str())
        {
            self.bind_root(&method.value, given);
        }
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(method) => method.attr.as_str(),
            _ => "",
        };
        match self.parameters.contains_key(name) {
            true => function.with(self.returns.get(name).copied().unwrap_or_default()),
            false => function.with(given),
        }
    }

    /// The labels of all arguments; those of the tool's own functions reach their parameters.
    fn arguments(&mut self, call: &'a ExprCall) -> Labels {
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(method) => method.attr.as_str(),
            _ => "",
        };
        let mut all = Labels::NONE;
        let mut spread = Labels::NONE;
        for (index, argument) in call.arguments.args.iter().enumerate() {
            let labels = self.eval(argument);
            all.add(labels);
            let parameter = self.parameters.get(name).and_then(|all| all.get(index)).copied();
            match parameter.filter(|_| !matches!(argument, Expr::Starred(_))) {
                Some(parameter) => self.join(name, parameter, labels),
                None => spread = spread.with(labels),
            }
        }
        for keyword in &call.arguments.keywords {
            let labels = self.eval(&keyword.value);
            all.add(labels);
            let parameters = self.parameters.get(name);
            let named = keyword.arg.as_ref().zip(parameters);
            match named.and_then(|(arg, all)| all.iter().find(|name| **name == arg.as_str()).copied()) {
                Some(parameter) => self.join(name, parameter, labels),
                None => spread = spread.with(labels),
            }
        }
        if !spread.is_none() && self.parameters.contains_key(name) {
            self.has_changed |= self.spread.entry(name).or_default().add(spread);
        }
        all
    }
}

/// Whether an annotation lets any text in: `Literal`, an enum and numbers do not.
pub(super) fn is_free_text(annotation: &Expr, symbols: &Symbols<'_>) -> bool {
    match annotation {
        Expr::Name(name) => {
            let name = name.id.as_str();
            let is_number = matches!(
                name,
                "int" | "float" | "bool" | "date" | "datetime" | "dt" | "timedelta" | "Decimal" | "UUID"
            );
            let is_enum = symbols.classes.get(name).is_some_and(|class| {
                class.bases().iter().any(|base| symbols.path(base).is_some_and(|path| path.ends_with("Enum")))
            });
            let alias = symbols.values.get(name).is_none_or(|alias| is_free_text_below(alias, symbols));
            !is_number && !is_enum && alias
        }
        other => is_free_text_below(other, symbols),
    }
}

fn is_free_text_below(annotation: &Expr, symbols: &Symbols<'_>) -> bool {
    match annotation {
        Expr::Subscript(subscript) => match symbols.path(&subscript.value).as_deref() {
            Some("typing.Literal" | "Literal" | "typing_extensions.Literal") => false,
            Some("typing.Annotated" | "Annotated") => match &*subscript.slice {
                Expr::Tuple(parts) => parts.elts.first().is_none_or(|first| !is_literal(first, symbols)),
                _ => true,
            },
            _ => true,
        },
        _ => true,
    }
}

fn is_literal(expr: &Expr, symbols: &Symbols<'_>) -> bool {
    matches!(expr, Expr::Subscript(part) if symbols.path(&part.value).is_some_and(|path| path.ends_with("Literal")))
}

/// How a function shows what it is given to the model or in the log.
fn shows(path: &str) -> Option<&'static str> {
    match path {
        "print" => Some("printed"),
        "ctx.log" | "ctx.progress" => Some("written to the log"),
        _ => None,
    }
}
