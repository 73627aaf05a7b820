//! The reference pages in `docs/reference`, written from the definitions of settings and commands; these tests keep them true.

use std::{fmt::Write, path::Path};

use clap::{Command, CommandFactory};

use crate::{
    cli::Cli,
    config::{FLAG_OR_VARIABLE_ONLY, SETTINGS, Setting},
};

/// Every setting as a page of Markdown.
fn configuration() -> String {
    let mut page = "# Settings\n\n\
        A flag counts before a variable of the environment, that before `mcpbox.toml` in the data directory (another file: `--config FILE` or\n\
        `MCPBOX_CONFIG`), that before the default. `mcpbox config` prints what is in force and where it comes from. A file holds lines like\n\
        `admin_addr = \"127.0.0.1:3000\"`; an unknown key is an error. What an admin decides while the server runs (days of logs, limits,\n\
        rules) is not here but on the settings page.\n\n\
        This page is written from the program (`UPDATE=1 cargo nextest run --workspace -E 'test(the_reference)'`).\n\n\
        | setting | what it is | default | flag | variable |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    let serve = serve();
    for setting in SETTINGS {
        let _ = writeln!(page, "{}", row(setting, &serve));
    }
    page
}

fn row(setting: &Setting, serve: &Command) -> String {
    let flag = setting.key.replace('_', "-");
    let has_flag = serve.get_arguments().any(|argument| argument.get_long() == Some(&flag));
    let flag = if has_flag || setting.key == "data_dir" { format!("`--{flag}`") } else { "none".to_owned() };
    let key = match setting.key {
        FLAG_OR_VARIABLE_ONLY => format!("`{}` (not in the file)", setting.key),
        key => format!("`{key}`"),
    };
    let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
    let variables: Vec<_> = setting.env.iter().map(|name| format!("`{name}`")).collect();
    let secret = if setting.is_secret { "; secret, never printed" } else { "" };
    format!("| {key} | {}{secret} | {default} | {flag} | {} |", setting.about.replace('|', "\\|"), variables.join(", "))
}

fn serve() -> Command {
    let all = Cli::command();
    all.find_subcommand("serve").cloned().unwrap_or(all)
}

/// Every command as a page of Markdown, with its help as it is printed.
fn commands() -> String {
    let mut page = "# Commands\n\n\
        `mcpbox completions bash` prints completions of a shell, `mcpbox man DIR` writes manual pages. Commands that decide or grant ask for\n\
        an admin's password; all others need only to reach the data directory, which belongs to whoever runs the server.\n\n\
        This page is written from the program (`UPDATE=1 cargo nextest run --workspace -E 'test(the_reference)'`).\n"
        .to_owned();
    let mut all = Cli::command().term_width(110);
    all.build();
    describe(&mut all, "mcpbox", &mut page);
    page
}

fn describe(command: &mut Command, name: &str, page: &mut String) {
    let groups_only = command.has_subcommands() && command.is_subcommand_required_set();
    if !groups_only {
        let help = command.render_long_help().to_string();
        // The flags of `serve` are those of `mcpbox`; the settings stand in their own page.
        let help = help.split("\nSettings (also").next().unwrap_or_default();
        let lines: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n"));
    }
    for part in command.get_subcommands_mut().filter(|part| part.get_name() != "help") {
        let name = format!("{name} {}", part.get_name());
        describe(part, &name, page);
    }
}

fn is_current(page: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(page);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "docs/reference/{page} is out of date; run this test with UPDATE=1");
}

#[test]
fn the_reference_of_settings_is_current() {
    let text = configuration();
    assert!(text.contains("| `mcp_addr` |") && text.contains("`--mcp-addr`"), "{text}");
    is_current("configuration.md", &text);
}

#[test]
fn the_reference_of_commands_is_current() {
    let text = commands();
    assert!(text.contains("## mcpbox review approve") && text.contains("--comment"), "{text}");
    is_current("commands.md", &text);
}
