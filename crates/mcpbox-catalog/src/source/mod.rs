//! External sources: other MCP servers, elsewhere or as programs in the jail, whose tools are imported, each as a version that pins what it offered. A source is
//! reached only while a human's grant names it, with this address and this secret; what it offers is compared with what was
//! approved whenever it is listed or connected to, and a tool that is another by now is in quarantine until a human decides.

mod add;
mod ask;
mod contact;
mod definition;
mod delete;
mod discover;
mod drift;
mod find;
mod import;
mod list;
mod login;
mod program;
mod renew;
mod report;
mod target;
mod tokens;
mod upkeep;

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    source::SourceClient,
};

use crate::{Catalog, CatalogError};

pub use add::{AddSource, AuthKind, add_source};
pub use contact::look_at_due;
pub(crate) use contact::{Contacts, is_any_down, is_any_quarantined};
pub(crate) use definition::{Pinned, analyze, check_ours, rule};
pub use delete::delete_source;
pub(crate) use delete::{log_out_of_server, of_server, removed};
pub use discover::{Discovered, DiscoveredTool, ToolNews, discover};
pub use import::{ImportReport, ImportedTool, import};
pub use list::{SourceList, SourceSummary, list_sources};
pub use login::{
    BeginLogin, CLIENT_DOCUMENT, LoginBegun, LoginReturn, begin_login, client_document, end_login, finish_login,
};
pub use program::{hosts, variables};
pub use report::SourceReport;
pub(crate) use target::run;
pub(crate) use tokens::Logins;

/// Speaks to sources through this client from now on, and watches for changes in the background.
pub fn connect(cat: &Arc<Catalog>, client: Arc<dyn SourceClient>) {
    // The first one stays: there is one a process.
    if cat.sources.set(client).is_ok() {
        let _first = cat.logins.cat.set(Arc::downgrade(cat));
        drift::watch(cat);
        contact::watch(cat);
        upkeep::start(cat);
    }
}

/// What speaks to sources.
fn client(cat: &Catalog) -> Result<&Arc<dyn SourceClient>, CatalogError> {
    let none = || Failure::new(FailureKind::Unavailable, "this process does not reach other MCP servers");
    cat.sources.get().ok_or_else(|| none().hint("call it on the gateway of this MCPbox").into())
}
