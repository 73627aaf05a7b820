//! What a module offers beside `main`: functions decorated with `@prompt` and `@resource("scheme://…")`. All of it is read
//! from the decorator, the signature and the docstring; nothing runs.

mod decorator;
mod place;

use std::collections::HashSet;

use mcpbox_core::{
    name::OfferName,
    uri::{PAGE_MIME_TYPE, PAGE_SCHEME, UriTemplate},
};
use ruff_python_ast::{ModModule, StmtFunctionDef};
use ruff_text_size::Ranged;
use serde_json::Value;

pub(crate) use self::place::is_entry;
use self::{decorator::Written, place::Offer};
use crate::{
    OfferParameter, PromptOffer, ResourceOffer,
    docstring::{self, Docstring},
    finding::Report,
    main_function, signature,
    source::Source,
    symbols::Symbols,
};

/// Most prompts and resources of a module.
const MAX_OFFERS: usize = 32;
/// Most values of a parameter that are kept to complete it.
const MAX_VALUES: usize = 1_000;

/// What a module offers beside `main`.
#[derive(Default)]
pub(crate) struct Offers {
    pub(crate) prompts: Vec<PromptOffer>,
    pub(crate) resources: Vec<ResourceOffer>,
}

/// Derives the definitions; what cannot be one is reported.
pub(crate) fn derive(module: &ModModule, source: &Source<'_>, symbols: &Symbols<'_>, report: &mut Report) -> Offers {
    let mut offers = Offers::default();
    let mut names = HashSet::new();
    for (count, (function, offer)) in place::find(module, symbols, report).into_iter().enumerate() {
        if count >= MAX_OFFERS {
            let message = format!("the module has more than {MAX_OFFERS} prompts and resources");
            report.error("too_many_offers", &function.name, message, "Split it into several tools.");
            break;
        }
        let Some(written) = decorator::read(offer.decorator, offer.is_prompt, symbols, report) else { continue };
        if !main_function::check_parameters(function.name.as_str(), &function.parameters, report) {
            continue;
        }
        let docs = docstring::of_body(&function.body).unwrap_or_default();
        let about = About { function, line: source.line(function.name.start()), docs, offer, written };
        if about.offer.is_prompt {
            let prompt = about.prompt(symbols, report);
            offers.prompts.extend(prompt.filter(|prompt| {
                let key = prompt.name.clone();
                is_new(&mut names, (true, key), &about, "duplicate_prompt", "a prompt of this name", report)
            }));
        } else {
            let resource = about.resource(symbols, report);
            offers.resources.extend(resource.filter(|resource| {
                let key = resource.uri.clone();
                is_new(&mut names, (false, key), &about, "duplicate_resource", "a resource of this URI", report)
            }));
        }
    }
    offers
}

fn is_new(
    names: &mut HashSet<(bool, String)>,
    key: (bool, String),
    about: &About<'_>,
    rule: &'static str,
    what: &str,
    report: &mut Report,
) -> bool {
    let message = format!("`{}` is there already: {what}", key.1);
    let is_new = names.insert(key);
    if !is_new {
        report.error(rule, about.offer.decorator, message, "Give each one of its own.");
    }
    is_new
}

/// A decorated function and what is known of it.
struct About<'a> {
    function: &'a StmtFunctionDef,
    line: u32,
    docs: Docstring,
    offer: Offer<'a>,
    written: Written,
}

impl About<'_> {
    fn prompt(&self, symbols: &Symbols<'_>, report: &mut Report) -> Option<PromptOffer> {
        let name = self.name(report)?;
        let (schema, parameters) = self.parameters(symbols, report);
        Some(PromptOffer {
            function: self.function.name.to_string(),
            line: self.line,
            name,
            title: self.written.title.clone(),
            description: self.description(),
            parameters,
            schema,
        })
    }

    fn resource(&self, symbols: &Symbols<'_>, report: &mut Report) -> Option<ResourceOffer> {
        let text = self.written.uri.as_deref()?;
        let uri = match UriTemplate::parse(text) {
            Ok(uri) => uri,
            Err(error) => {
                report.error("bad_uri", self.offer.decorator, error.to_string(), error.hint());
                return None;
            }
        };
        let name = self.name(report)?;
        self.check_page(&uri, report)?;
        self.check_template(&uri, report)?;
        let (schema, parameters) = self.parameters(symbols, report);
        Some(ResourceOffer {
            function: self.function.name.to_string(),
            line: self.line,
            uri: text.to_owned(),
            is_template: !uri.is_fixed(),
            name,
            title: self.written.title.clone(),
            description: self.description(),
            mime_type: self.written.mime_type.clone(),
            parameters,
            schema,
        })
    }

    fn name(&self, report: &mut Report) -> Option<String> {
        let name = self.written.name.as_deref().unwrap_or(self.function.name.as_str());
        match OfferName::parse(name) {
            Ok(_) => Some(name.to_owned()),
            Err(error) => {
                let hint = "Name it in the decorator: `@prompt(name=\"summarise\")`, `@resource(\"notes://all\", name=\"notes\")`.";
                report.error("bad_offer_name", &self.function.name, error.to_string(), hint);
                None
            }
        }
    }

    fn description(&self) -> Option<String> {
        let said = self.written.description.as_deref().map(docstring::clip);
        said.or_else(|| Some(self.docs.summary.clone())).filter(|text| !text.trim().is_empty())
    }

    /// A page that clients show beside the tool has its own scheme, its own type and no parameters: all three or none.
    fn check_page(&self, uri: &UriTemplate, report: &mut Report) -> Option<()> {
        let is_page = self.written.mime_type.as_deref() == Some(PAGE_MIME_TYPE);
        let is_named_so = uri.as_str().starts_with(PAGE_SCHEME);
        if is_page != is_named_so || uri.as_str().starts_with("ui:") && !is_named_so || is_page && !uri.is_fixed() {
            let message = "ui:// is for pages that clients show beside the tool, and pages are nowhere else";
            let hint = "Write `@resource(\"ui://lamp/panel\", mime_type=\"text/html;profile=mcp-app\")` without parameters, or use another scheme.";
            report.error("bad_page", self.offer.decorator, message, hint);
            return None;
        }
        if is_page {
            let message = "clients that can show what this returns as a page beside the tool, where it runs scripts in a frame of its own";
            report.notice(
                "shows_page",
                self.offer.decorator,
                message,
                "Keep it whole in one document: it may load nothing.",
            );
        }
        Some(())
    }

    /// The parameters of the URI and of the function are the same.
    fn check_template(&self, uri: &UriTemplate, report: &mut Report) -> Option<()> {
        let has = |name: &str| self.function.parameters.iter_non_variadic_params().any(|one| one.name() == name);
        if let Some(missing) = uri.parameters().find(|name| !has(name)) {
            let message = format!("the URI has the parameter `{missing}`, but the function has none of that name");
            let hint = "Name the parameters of both alike: `@resource(\"notes://{id}\") def note(id: str)`.";
            report.error("template_parameter", self.offer.decorator, message, hint);
            return None;
        }
        let extra = self
            .function
            .parameters
            .iter_non_variadic_params()
            .find(|one| uri.parameters().all(|name| one.name() != name));
        if let Some(extra) = extra {
            let message = format!("the parameter `{}` is not in the URI `{}`", extra.name(), uri.as_str());
            let hint = "Put it into the URI as `{name}`, or remove it: a resource is asked for by its URI alone.";
            report.error("template_parameter", extra.name(), message, hint);
            return None;
        }
        Some(())
    }

    fn parameters(&self, symbols: &Symbols<'_>, report: &mut Report) -> (Value, Vec<OfferParameter>) {
        let schema = signature::input(self.function, &self.docs, symbols, report);
        let properties = schema.get("properties");
        let all = self.function.parameters.iter_non_variadic_params().map(|parameter| {
            let property = properties.and_then(|all| all.get(parameter.name().as_str()));
            let description = property.and_then(|one| one.get("description")).and_then(Value::as_str);
            let mut values = Vec::new();
            property.into_iter().for_each(|one| collect_values(one, &schema, 4, &mut values));
            OfferParameter {
                name: parameter.name().to_string(),
                description: description.map(str::to_owned),
                required: parameter.default.is_none(),
                values,
            }
        });
        let all = all.collect();
        (schema, all)
    }
}

/// The values that a schema lists, as the text that a client sends.
fn collect_values(schema: &Value, root: &Value, depth: usize, values: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    if let Some(target) = target.and_then(|path| root.pointer(path)) {
        collect_values(target, root, depth, values);
    }
    for branch in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        collect_values(branch, root, depth, values);
    }
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
    for value in listed.filter(|value| !value.is_null()).take(MAX_VALUES) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !values.contains(&text) {
            values.push(text);
        }
    }
    if schema.get("type").is_some_and(|kind| kind == "boolean") {
        values.extend(["true", "false"].map(str::to_owned));
    }
}
