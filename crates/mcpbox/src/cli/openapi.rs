//! What may be typed about OpenAPI documents.

use std::path::PathBuf;

use clap::Args;

/// What becomes of an OpenAPI document.
#[derive(Debug, Args)]
pub(crate) struct ImportOpenApiArgs {
    /// The document: OpenAPI 3.0 or 3.1, JSON or YAML.
    pub file: PathBuf,
    /// The server that the tools join; made when it is not there.
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    pub server: Option<String>,
    /// An operation that becomes a tool, by its operationId or as "GET /path". Can be given many times; none means all that can be
    /// made into tools (at most 200).
    #[arg(long = "operation", value_name = "ID")]
    pub operations: Vec<String>,
    /// The address that the tools call, when it is not the document's first.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Only list what the document offers.
    #[arg(long, conflicts_with_all = ["operations", "dry_run"])]
    pub list: bool,
    /// Only show what would be made, with the code.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
