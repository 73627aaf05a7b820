//! What a person reads at start: one progress line, then what runs where and what to do next. Nothing here decides.

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
};

use serde_json::json;

use crate::data_dir::Running;

/// Rewrites one line on a terminal; prints each change once elsewhere. Writes to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    on_terminal: bool,
    is_quiet: bool,
}

impl Progress {
    /// A line on standard error; `is_quiet` shows nothing.
    pub(crate) fn new(is_quiet: bool) -> Self {
        Self { on_terminal: std::io::stderr().is_terminal(), is_quiet }
    }

    /// Shows `step` in place of the one before.
    pub(crate) fn show(&self, step: &str) {
        if self.is_quiet {
            return;
        }
        let line = if self.on_terminal { format!("\r\x1b[K{step}") } else { format!("{step}\n") };
        write_to(&mut std::io::stderr(), &line);
    }

    /// Clears the line.
    pub(crate) fn clear(&self) {
        if self.on_terminal && !self.is_quiet {
            write_to(&mut std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Says on standard error what must not be overlooked; it stays there, whatever progress is shown after it.
pub(crate) fn warn(text: &str) {
    let on_terminal = std::io::stderr().is_terminal();
    let (clear, bold, plain) = if on_terminal { ("\r\x1b[K", "\x1b[1m", "\x1b[0m") } else { ("", "", "") };
    write_to(&mut std::io::stderr(), &format!("{clear}{bold}WARNING{plain} {text}\n"));
}

/// Prints to standard output. A closed pipe (`mcpbox … | head`) is no error.
pub(crate) fn print(text: &str) {
    write_to(&mut std::io::stdout(), text);
}

/// Prints a line to standard output.
pub(crate) fn print_line(text: &str) {
    print(&format!("{text}\n"));
}

fn write_to(stream: &mut impl Write, text: &str) {
    let _closed = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Everything the welcome text tells.
#[derive(Debug)]
pub(crate) struct Welcome<'a> {
    /// Where things are.
    pub running: &'a Running,
    /// `SQLite in DIR` or `PostgreSQL`.
    pub storage: &'a str,
    /// Who else than this machine is served without a login, in a line.
    pub open_to: Option<&'a str>,
    /// Remote access, when it is on: what clients elsewhere enter, and where it listens.
    pub remote: Option<(&'a str, SocketAddr)>,
    /// Sandbox tier and interpreter, in a line.
    pub sandbox: &'a str,
    /// The program, for clients that start one.
    pub program: &'a str,
    /// The data directory, if it is not the default one.
    pub data_dir: Option<&'a str>,
    /// Whether the terminal shows colours.
    pub has_colour: bool,
}

impl Welcome<'_> {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let Running { admin_url, mcp_url, setup_url, .. } = self.running;
        let bold = |text: &str| if self.has_colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
        let first = match setup_url {
            Some(url) => format!(
                "\n  {}  {}\n  {:13}(works once; or type: mcpbox admin create)\n",
                bold("Open first "),
                bold(url),
                ""
            ),
            None => String::new(),
        };
        let line = |name: &str, url: &Option<String>| {
            url.as_ref().map_or_else(String::new, |url| format!("\n  {name:<13}{url}"))
        };
        format!(
            "\n  {}  {}\n{}{}{}{}\n  storage      {}\n  sandbox      {}\n{first}{}\n  Ctrl-C stops the server.\n\n",
            bold("MCPbox"),
            env!("CARGO_PKG_VERSION"),
            line("admin page", admin_url),
            line("MCP", mcp_url),
            self.open_to.map_or_else(String::new, |who| format!("\n  {:<13}{}", "", bold(who))),
            self.remote(),
            self.storage,
            self.sandbox,
            mcp_url.as_ref().map_or_else(String::new, |url| self.clients(url, bold)),
        )
    }

    /// What is reached from elsewhere.
    fn remote(&self) -> String {
        self.remote.map_or_else(String::new, |(url, address)| {
            format!(
                "\n  {:<13}{url}\n  {:<13}(clients elsewhere, such as claude.ai, enter this address; your proxy or tunnel leads it to {address})",
                "remote", ""
            )
        })
    }

    /// How clients connect to the endpoint.
    fn clients(&self, url: &str, bold: impl Fn(&str) -> String) -> String {
        format!(
            "\n  {}\n    claude mcp add --transport http mcpbox {url}\n\n  {}\n{}\n\n  {}\n{}\n\n  {}\n{}\n",
            bold("Connect Claude Code"),
            bold("Cursor (.cursor/mcp.json)"),
            indented(&json!({"mcpServers": {"mcpbox": {"url": url}}})),
            bold("VS Code (.vscode/mcp.json)"),
            indented(&json!({"servers": {"mcpbox": {"type": "http", "url": url}}})),
            bold("Claude Desktop (claude_desktop_config.json)"),
            indented(&json!({"mcpServers": {"mcpbox": {"command": self.program, "args": self.stdio_arguments()}}})),
        )
    }

    fn stdio_arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["stdio"];
        arguments.extend(self.data_dir.into_iter().flat_map(|dir| ["--data-dir", dir]));
        arguments
    }
}

fn indented(json: &serde_json::Value) -> String {
    format!("    {json}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_welcome_says_what_to_open_and_how_to_connect() {
        let running = Running {
            admin_url: Some("http://127.0.0.1:3000".into()),
            mcp_url: Some("http://127.0.0.1:8000/mcp".into()),
            setup_url: Some("http://127.0.0.1:3000/setup?token=t0k3n".into()),
            pid: 1,
        };
        let welcome = Welcome {
            running: &running,
            open_to: None,
            remote: Some(("https://box.example.com/mcp", "127.0.0.1:8002".parse().unwrap())),
            storage: "SQLite in /home/ada/.local/share/mcpbox",
            sandbox: "full: namespaces, Landlock, seccomp; Python 3.13.1",
            program: "/usr/bin/mcpbox",
            data_dir: None,
            has_colour: false,
        };
        insta::assert_snapshot!(welcome.text().replace(env!("CARGO_PKG_VERSION"), "VERSION"));
        assert!(!Welcome { remote: None, ..welcome }.text().contains("remote"), "nothing of what is off");
    }
}
