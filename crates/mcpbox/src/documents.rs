//! What is written from the command line's definition: manual pages, completions of shells.

#[cfg(test)]
mod reference;

use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::{cli::Cli, console};

/// Prints what `shell` is to read so that it completes commands and flags.
pub(crate) fn print_completions(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mcpbox", &mut script);
    console::print(&String::from_utf8_lossy(&script));
}

/// Writes a manual page for each command into `directory`, which is made when it is not there.
///
/// # Errors
/// Names the directory when nothing can be written there.
pub(crate) fn write_manual(directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .with_context(|| format!("cannot write manual pages to {}", directory.display()))?;
    console::print_line(&format!("Written to {0}; read one with: man {0}/mcpbox.1", directory.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_manual_page() {
        let directory = tempfile::tempdir().unwrap();
        write_manual(directory.path()).unwrap();
        for page in ["mcpbox.1", "mcpbox-serve.1", "mcpbox-review-approve.1"] {
            let text = std::fs::read_to_string(directory.path().join(page)).unwrap();
            assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
        }
        let file = directory.path().join("mcpbox.1");
        assert!(write_manual(&file).unwrap_err().to_string().contains("mcpbox.1"));
    }
}
