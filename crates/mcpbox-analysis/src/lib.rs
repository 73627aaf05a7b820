//! Python source to facts: syntax errors, the schema of `main`, imports, hosts, secrets and policy findings.
//! Pure: never runs the code, does no I/O, never panics, and no source takes more than four times as long as an ordinary one of the largest accepted size.
//! The findings are a second fence and a help for reviewers; the jail is the wall.

mod analyze;
mod assess;
mod definition;
mod docstring;
mod finding;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod hosts;
mod imports;
mod literal;
mod main_function;
mod modules;
mod offers;
mod parse;
mod policy;
mod risk;
mod secrets;
mod signature;
mod source;
mod symbols;
mod types;
mod unicode;
mod walk;

use mcpbox_core::{
    capability::{Capabilities, Capability, HostRule},
    name::SecretKey,
    package::PackageRule,
};
use serde::Serialize;
use serde_json::Value;

pub use analyze::{MAX_SOURCE_BYTES, analyze};
pub use assess::{
    Assessment, Consequence, ConsequenceKind, ConsequencePart, Fingerprint, KnownSecret, LiveSchemas, OtherTool,
    Subject, assess,
};
pub use definition::analyze_definition;
pub use finding::{About, Finding, Severity};
pub use modules::{
    default_modules, distribution, is_base_package, is_never, is_stdlib, known_distribution, known_module,
};

/// All that the source of a tool tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Sorted: errors first, then by line. At most 200.
    pub findings: Vec<Finding>,
    /// The signature of `main`; none when there is no usable one.
    pub main: Option<MainSignature>,
    /// JSON Schema 2020-12 of the arguments: a closed object whose keys stand in the order of the parameters.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of the structured result, an object at its root; none when the annotation does not tell.
    pub output_schema: Option<Value>,
    /// Whether the structured result is `{"result": value}`, because the annotated type is no JSON object.
    pub wraps_result: bool,
    /// What the tool does, from the docstring of `main` or else of the module, without its sections.
    pub description: Option<String>,
    /// Prompts that the module offers beside `main`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<PromptOffer>,
    /// Resources that it offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceOffer>,
    /// Every module that is imported, once, in order of appearance.
    pub imports: Vec<Import>,
    /// Hosts that literal URLs lead to.
    pub hosts: Vec<HostUse>,
    /// Secrets that the code reads.
    pub secrets: Vec<SecretUse>,
    /// Whether the code can make HTTP requests: it names the global `http` or imports `httpx`.
    pub uses_http: bool,
    /// Where secrets go, as far as the code tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_flows: Vec<SecretFlow>,
}

/// The signature of `main`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MainSignature {
    /// Line of the definition, from 1.
    pub line: u32,
    /// Whether it is an `async def`.
    pub is_async: bool,
    /// Its parameters in order.
    pub parameters: Vec<MainParameter>,
    /// The return annotation as written.
    pub returns: Option<String>,
}

/// A parameter of `main`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MainParameter {
    /// Its name.
    pub name: String,
    /// Whether it has no default.
    pub required: bool,
    /// The annotation as written.
    pub annotation: Option<String>,
}

/// A function decorated with `@prompt`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptOffer {
    /// The function's name.
    pub function: String,
    /// Line of its definition, from 1.
    pub line: u32,
    /// The prompt's name within its server, a [`mcpbox_core::name::OfferName`].
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it takes, in order.
    pub parameters: Vec<OfferParameter>,
    /// JSON Schema of that.
    pub schema: Value,
}

/// A function decorated with `@resource`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceOffer {
    /// The function's name.
    pub function: String,
    /// Line of its definition, from 1.
    pub line: u32,
    /// Its URI or template, a [`mcpbox_core::uri::UriTemplate`].
    pub uri: String,
    /// Whether the URI has parameters.
    pub is_template: bool,
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    /// The MIME type of its contents, when the author says it.
    pub mime_type: Option<String>,
    /// The parameters of the URI.
    pub parameters: Vec<OfferParameter>,
    /// JSON Schema of them.
    pub schema: Value,
}

/// A parameter of a prompt or of a URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferParameter {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: Option<String>,
    /// Whether it has no default.
    pub required: bool,
    /// All that it may be, when the annotation lists it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// An imported module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Dotted name.
    pub module: String,
    /// Line of the first import, from 1.
    pub line: u32,
    /// What is needed to import it.
    pub status: ImportStatus,
}

/// What is needed to import a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Nothing.
    Allowed,
    /// A module grant: it belongs to the standard library, but not to the default list.
    NeedsGrant,
    /// A package grant: it does not belong to the standard library.
    Package,
    /// Never granted under the strict policy.
    Never,
}

/// A host that a literal URL leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostUse {
    /// Host and port; the rule's own `method` is always open.
    pub rule: HostRule,
    /// Line of the first use, from 1.
    pub line: u32,
    /// HTTP method, upper case, when the call tells it.
    pub method: Option<String>,
}

/// A secret that the code reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretUse {
    /// The key as written; only a valid key becomes a capability.
    pub key: String,
    /// Line of the first use, from 1.
    pub line: u32,
}

/// A secret on its way out of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretFlow {
    /// The secret's key.
    pub key: String,
    /// Where it goes.
    pub to: SecretSink,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// That line's text.
    pub snippet: String,
}

/// Where a secret goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSink {
    /// A host, in a request.
    Host(HostRule),
    /// The result, the log or an error, which the model reads.
    Model,
}

impl Analysis {
    /// Whether no finding forbids to run the code.
    pub fn is_runnable(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }

    /// What the code needs beyond plain computing.
    pub fn capabilities(&self) -> Capabilities {
        let imports = self.imports.iter().filter_map(|import| match import.status {
            ImportStatus::NeedsGrant => Some(Capability::Module { name: import.module.clone() }),
            ImportStatus::Package => {
                Some(Capability::Package(PackageRule::named(modules::distribution(&import.module))))
            }
            ImportStatus::Allowed | ImportStatus::Never => None,
        });
        let hosts = self.hosts.iter().map(|host| Capability::Host(host.rule.clone()));
        let keys = self.secrets.iter().filter_map(|secret| SecretKey::parse(&secret.key).ok());
        imports.chain(hosts).chain(keys.map(|key| Capability::Secret { key })).collect()
    }
}
