//! The command line: what may be typed, and its help. Parsing only; what a command does stands in `command/`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::SettingFlags;

mod backup;
mod openapi;
mod review;
mod server;
mod token;

pub(crate) use backup::{BackupArgs, ExportArgs, ImportArgs, KeyCommand, RestoreArgs, RotateArgs};
pub(crate) use openapi::ImportOpenApiArgs;
pub(crate) use review::{ApproveArgs, DecisionArgs, PackageCommand, ReviewCommand};
pub(crate) use server::{CodePolicyArg, GrantCommand, GrantTarget, SecretCommand, ServerChange, ServerCommand};
pub(crate) use token::TokenCommand;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "mcpbox",
    version,
    about = "Lets an LLM forge its own tools: it writes Python over MCP, you approve, a jail runs it.",
    long_about = "Lets an LLM forge its own tools: it writes Python over MCP, you approve, a jail runs it.\n\n\
                  Without a subcommand, `mcpbox` starts the server (`mcpbox serve`).",
    propagate_version = true
)]
pub(crate) struct Cli {
    /// Where everything is stored; also the place of the running server's socket.
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// Settings file instead of DIR/mcpbox.toml.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<String>,
    /// Flags of `serve`, for `mcpbox` without a subcommand.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server: admin page, MCP endpoint, sandbox (the default).
    ///
    /// With --role sandbox it is a worker: it only runs tools, for servers that name it in --sandbox-url.
    Serve(ServeArgs),
    /// Speak MCP on standard input and output (for clients that start a program).
    ///
    /// When a server already runs on this data directory, connects to it; otherwise starts one for as long as the
    /// client stays.
    Stdio(SettingFlags),
    /// Bridge standard input and output to an MCP endpoint over HTTP.
    ///
    /// A bearer token for the endpoint is taken from MCPBOX_TOKEN.
    Connect {
        /// The endpoint, for instance http://127.0.0.1:8000/mcp.
        url: String,
    },
    /// The first account, and the way back in. Everything else about accounts is on the admin page.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// What waits for a human's decision.
    #[command(subcommand)]
    Review(ReviewCommand),
    /// Published tools: list, call, look at runs.
    #[command(subcommand)]
    Tools(ToolsCommand),
    /// Servers, the groups of tools.
    #[command(subcommand)]
    Server(ServerCommand),
    /// What tools may import and reach.
    #[command(subcommand)]
    Grant(GrantCommand),
    /// Packages that tools run with.
    #[command(subcommand)]
    Package(PackageCommand),
    /// Values that tools use without anybody seeing them.
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Tokens for MCP clients that send a header.
    #[command(subcommand)]
    Token(TokenCommand),
    /// The record of every change and decision.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check this machine: interpreter, sandbox layers, data directory, database.
    Doctor {
        /// What to check instead.
        #[command(subcommand)]
        command: Option<DoctorCommand>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Settings.
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Ask the running server of this machine or container whether it answers; the exit code is 0 when every door does.
    ///
    /// Takes the settings that the server was started with. For health checks of container engines.
    Health(SettingFlags),
    /// Print every setting that is in force and where it comes from.
    Config {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Settings.
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Write everything there is to one file, beside a running server or without one.
    ///
    /// The encryption key is not in it, unless --include-key says so: keep the key somewhere else, without it secrets cannot
    /// be read. A backup of SQLite can be restored into PostgreSQL and the other way round.
    Backup(BackupArgs),
    /// Restore a backup, into an empty data directory or an empty PostgreSQL database. No server may run.
    Restore(RestoreArgs),
    /// Write servers, tools and what they asked for as JSON, without values of secrets. Needs a running server.
    Export(ExportArgs),
    /// Import servers and tools: an export of MCPbox, or of the original MCPbox 1.0 to 1.2. Everything arrives unapproved, with
    /// one review for each tool. Asks an admin's password; needs a running server.
    Import(ImportArgs),
    /// Make tools of the operations of an OpenAPI document: drafts, none of them approved. Nothing is fetched. Needs a running
    /// server.
    #[command(name = "import-openapi")]
    ImportOpenApi(ImportOpenApiArgs),
    /// Print a new random key, for MCPBOX_SANDBOX_KEY, MCPBOX_METRICS_TOKEN or MCPBOX_ENCRYPTION_KEY; or rotate the
    /// encryption key.
    Key {
        /// What to do instead of printing a key.
        #[command(subcommand)]
        command: Option<KeyCommand>,
    },
    /// Print the OpenAPI document of the admin API.
    Openapi,
    /// Print completions for a shell, for instance: mcpbox completions bash > /etc/bash_completion.d/mcpbox
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages into a directory.
    Man {
        /// Made when it is not there.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

/// What to check instead of this machine.
#[derive(Debug, Subcommand)]
pub(crate) enum DoctorCommand {
    /// Check whether clients elsewhere can connect: walks what claude.ai and ChatGPT walk, and says which hop fails.
    ///
    /// Can be run on any machine, best on one outside; needs neither data directory nor database. A token in MCPBOX_TOKEN gets it
    /// behind the login.
    Connect {
        /// The public address, for instance https://box.example.com.
        url: String,
        /// PEM file of a certificate authority of your own.
        #[arg(long, value_name = "FILE")]
        extra_ca: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Flags of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArgs {
    /// Settings.
    #[command(flatten)]
    pub settings: SettingFlags,
    /// Written with {"admin_url","mcp_url","setup_url","pid"} (a worker: {"sandbox_url","pid"}) once calls are served.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// Admin accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Create the first admin (works with and without a running server).
    Create(Credentials),
    /// Set a new password for an account whose password or second factor is lost, and make it an admin. No server may run.
    ///
    /// Second factors and all sessions of the account end, and the audit log says so. Needs the data directory and its
    /// encryption key; a server that runs keeps it from working, so that nobody gets in this way unseen.
    Password {
        /// The account.
        name: String,
        /// Read the new password from the first line of standard input instead of the terminal.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// Name and password of somebody who may, for commands that decide or grant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Credentials {
    /// Account; asked for on a terminal when absent.
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// Read the password from the first line of standard input instead of the terminal.
    #[arg(long)]
    pub password_stdin: bool,
    /// One-time code, or a recovery code, when the account has a second factor. Each works once.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
}

/// Published tools.
#[derive(Debug, Subcommand)]
pub(crate) enum ToolsCommand {
    /// List tools with their state.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Call a published tool.
    Call {
        /// `server__tool`, or the tool's own name when it is unambiguous.
        name: String,
        /// Arguments as a JSON object.
        #[arg(default_value = "{}", value_name = "JSON")]
        arguments: String,
    },
    /// Show recent runs of a tool.
    Logs {
        /// `server__tool`.
        name: String,
        /// How many (at most 50).
        #[arg(long, default_value_t = 10)]
        limit: u64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// The audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check the hash chain of all audit events.
    Verify,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_serve_work_without_the_subcommand() {
        let cli = Cli::try_parse_from(["mcpbox", "--mcp-addr", "127.0.0.1:0", "--ready-file", "r"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.settings.mcp_addr.as_deref(), Some("127.0.0.1:0"));
    }

    #[test]
    fn the_data_directory_may_be_named_on_every_subcommand() {
        for line in
            ["review list", "doctor", "config", "openapi", "stdio", "audit verify", "connect http://127.0.0.1:1/mcp"]
        {
            let words = std::iter::once("mcpbox").chain(line.split(' ')).chain(["--data-dir", "/d"]);
            assert_eq!(Cli::try_parse_from(words).unwrap().data_dir.as_deref(), Some("/d"), "{line}");
        }
    }

    #[test]
    fn a_grant_is_for_a_host_or_a_module_never_both() {
        let parses = |line: &str| Cli::try_parse_from(std::iter::once("mcpbox").chain(line.split(' '))).is_ok();
        for bad in ["grant add --server a", "grant add --server a --host h --module m"] {
            assert!(!parses(bad), "{bad}");
        }
        for (until, is_good) in [
            ("90m", true),
            ("7d", true),
            ("2030-01-31T12:00:00+01:00", true),
            ("7", false),
            ("d", false),
            ("soon", false),
            ("7ä", false),
        ] {
            assert_eq!(parses(&format!("grant add --server a --host h --until {until}")), is_good, "{until}");
        }
    }
}
