//! Where data leaves the tool: requests, and what the model reads.

use ruff_python_ast::{Expr, ExprCall, FStringPart, InterpolatedStringElement, Operator};
use ruff_text_size::{Ranged, TextRange};

use super::{
    Flow,
    labels::{Labels, Source},
};
use crate::{
    SecretFlow, SecretSink,
    hosts::{Target, known},
};

impl<'a> Flow<'_, 'a, '_> {
    /// A request: its arguments go to the host, and its value is the host's answer.
    pub(super) fn request(&mut self, call: &'a ExprCall, url: Option<&'a Expr>) -> Labels {
        let receiver = match &*call.func {
            Expr::Attribute(method) => self.eval(&method.value),
            _ => Labels::NONE,
        };
        let mut sent = receiver;
        for argument in &call.arguments.args {
            sent.add(self.eval(argument));
        }
        for keyword in &call.arguments.keywords {
            sent.add(self.eval(&keyword.value));
        }
        let targets = match self.targets.get(&call.end()) {
            Some(targets) => targets.clone(),
            None => {
                let targets = url.map(|url| self.facts.resolver.targets(url)).unwrap_or_default();
                self.targets.insert(call.end(), targets.clone());
                targets
            }
        };
        let deciding = url.map_or(Labels::NONE, |url| self.deciding(url));
        if self.is_last {
            self.check_target(call, url, deciding, sent, &targets);
            self.check_secrets(call, sent, &targets);
            self.check_recipients(call, sent, &targets);
        }
        let mut answer = Labels::NONE;
        for target in &targets {
            answer.add(self.sources.answer(known::site(&target.rule.host)));
        }
        if targets.is_empty() { self.sources.answer("a computed host") } else { answer }
    }

    /// The labels of the part of a URL that decides which host it is.
    fn deciding(&mut self, url: &'a Expr) -> Labels {
        let mut start = String::new();
        self.deciding_after(url, &mut start)
    }

    fn deciding_after(&mut self, url: &'a Expr, start: &mut String) -> Labels {
        match url {
            _ if is_whole(start) => Labels::NONE,
            Expr::StringLiteral(literal) => {
                start.push_str(literal.value.to_str());
                Labels::NONE
            }
            Expr::FString(string) => {
                let mut labels = Labels::NONE;
                for part in &string.value {
                    match part {
                        FStringPart::Literal(literal) => start.push_str(literal),
                        FStringPart::FString(inner) => {
                            for element in &inner.elements {
                                match element {
                                    InterpolatedStringElement::Literal(literal) => start.push_str(literal),
                                    InterpolatedStringElement::Interpolation(value) => {
                                        labels.add(self.deciding_after(&value.expression, start));
                                    }
                                }
                            }
                        }
                    }
                    if is_whole(start) {
                        break;
                    }
                }
                labels
            }
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                let left = self.deciding_after(&sum.left, start);
                left.with(self.deciding_after(&sum.right, start))
            }
            // A parameter of main, a prompt or a resource with an address as default: the caller may give another.
            Expr::Name(name) if self.is_parameter_of_entry(name.id.as_str()) => self.eval(url),
            Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) if !self.facts.resolver.is_unknown(url) => {
                // Known starts; their hosts are whole, or the resolver would not know a target.
                start.push_str("https://known/");
                Labels::NONE
            }
            _ => self.eval(url),
        }
    }

    fn is_parameter_of_entry(&self, name: &str) -> bool {
        let [scope] = self.scopes.as_slice() else { return false };
        self.entries.contains(scope) && self.parameters.get(scope).is_some_and(|all| all.contains(&name))
    }

    fn check_target(
        &mut self,
        call: &ExprCall,
        url: Option<&Expr>,
        deciding: Labels,
        sent: Labels,
        targets: &[Target],
    ) {
        let at = url.map_or(call.range(), Ranged::range);
        let deciders: Vec<&Source> = self.sources.of(deciding).map(|(_, source)| source).collect();
        let secret = deciders.iter().any(|source| matches!(source, Source::Secret { .. }));
        let carries = self.sources.of(sent).any(|(_, source)| matches!(source, Source::Secret { .. }));
        if secret || (carries && (targets.is_empty() || !deciders.is_empty())) {
            let message = "a secret goes to a host that is decided at run time";
            let hint = "Write the host as a literal and have the secret bound to it.";
            self.report.danger("secret_computed_host", call, message, hint);
        }
        let text = deciders.iter().find_map(|source| match source {
            Source::Argument { name, is_free: true } => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = text {
            let message = format!("whoever calls the tool decides by `{name}` which host it talks to");
            self.report.warning(
                "argument_host",
                at,
                message,
                "Take a path or an id as parameter, or a Literal of the hosts.",
            );
        } else if deciders.iter().any(|source| matches!(source, Source::Answer { .. })) {
            let message = "the answer of a host decides which host is asked next";
            self.report.warning(
                "answer_host",
                at,
                message,
                "Take only the path from the answer, and write the host out.",
            );
        }
    }

    fn check_secrets(&mut self, call: &ExprCall, sent: Labels, targets: &[Target]) {
        let keys: Vec<String> = self.sources.of(sent).filter_map(|(_, source)| key_of(source)).collect();
        for key in keys {
            for target in targets {
                self.note(&key, SecretSink::Host(target.rule.clone()), call.range());
                if !target.is_plain {
                    continue;
                }
                let message = format!("the secret {key} goes to {} without encryption", target.rule);
                let hint = "Use https://.";
                if known::is_local(&target.rule.host) {
                    self.report.notice("secret_plain_http", call, message, hint);
                } else {
                    self.report.danger("secret_plain_http", call, message, hint);
                }
            }
        }
    }

    /// Data of one site that goes to another, and arguments that more than one site gets.
    fn check_recipients(&mut self, call: &ExprCall, sent: Labels, targets: &[Target]) {
        let Some(target) = targets.first() else { return };
        let site = known::site(&target.rule.host).to_owned();
        let mut from = None;
        let mut shared = None;
        for (number, source) in self.sources.of(sent) {
            match source {
                Source::Answer { site: other } if !targets.iter().any(|t| known::site(&t.rule.host) == other) => {
                    from = from.or_else(|| Some(other.clone()));
                }
                Source::Argument { name, is_free: true } => {
                    let first = self.recipients.entry(number).or_insert_with(|| site.clone());
                    if *first != site {
                        shared = shared.or_else(|| Some((name.clone(), first.clone())));
                    }
                }
                _ => {}
            }
        }
        if let Some(from) = from {
            let message = format!("what {from} answers is sent to {site}");
            self.report.warning(
                "forwards_answer",
                call,
                message,
                "Send on only what the other service needs, and say so in the description.",
            );
        }
        if let Some((name, first)) = shared {
            let message = format!("`{name}` goes to {first} and to {site}");
            self.report.warning(
                "second_recipient",
                call,
                message,
                "Send an argument only where the tool needs it, and say so in the description.",
            );
        }
    }

    /// Data that the model or the log gets.
    pub(super) fn shown(&mut self, labels: Labels, at: TextRange, how: &str) {
        if !self.is_last {
            return;
        }
        let keys: Vec<String> = self.sources.of(labels).filter_map(|(_, source)| key_of(source)).collect();
        for key in keys {
            self.note(&key, SecretSink::Model, at);
            let message = format!("the secret {key} is {how}, where the model can read it");
            self.report.warning("secret_shown", at, message, "Leave the secret out; say only whether it is there.");
        }
    }

    fn note(&mut self, key: &str, to: SecretSink, at: TextRange) {
        let (line, column) = self.source.position(at.start());
        let flow = SecretFlow { key: key.to_owned(), to, line, column, snippet: self.source.snippet(at.start()) };
        if self.flows.len() < 200 && !self.flows.contains(&flow) {
            self.flows.push(flow);
        }
    }
}

fn key_of(source: &Source) -> Option<String> {
    match source {
        Source::Secret { key } => Some(key.clone()),
        _ => None,
    }
}

/// Whether the start of a URL holds its whole host.
fn is_whole(start: &str) -> bool {
    start.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']))
        || (start.starts_with('/') && !start.starts_with("//"))
}
