//! Names and passwords from the terminal or from standard input. Never from a flag: flags show in the process list.

use std::io::{BufRead, IsTerminal, Read};

use anyhow::{Context, bail};
use secrecy::SecretString;

use crate::{cli::Credentials, control::Login};

/// Longest line or value that is read.
const INPUT_MAX: u64 = 1 << 20;
/// Shortest passphrase of a backup.
const PASSPHRASE_MIN_CHARS: usize = 12;

/// Asks who decides.
///
/// # Errors
/// Neither a terminal nor `--password-stdin`, or nothing was typed.
pub(crate) fn ask_login(credentials: &Credentials) -> anyhow::Result<Login> {
    if credentials.password_stdin {
        let username = credentials.username.clone().context("--password-stdin needs --username NAME")?;
        return Ok(Login { username, password: password_line()?, code: code(credentials) });
    }
    must_have_terminal()?;
    let username = username(credentials)?;
    let password = prompt(&format!("Password of {username}: "))?;
    Ok(Login { username, password, code: code(credentials) })
}

/// Asks for a new account's name and password, the password twice.
///
/// # Errors
/// As [`ask_login`], or the two passwords differ.
pub(crate) fn ask_new_login(credentials: &Credentials) -> anyhow::Result<Login> {
    if credentials.password_stdin {
        return ask_login(credentials);
    }
    must_have_terminal()?;
    let username = username(credentials)?;
    Ok(Login { username, password: typed_twice()?, code: None })
}

/// Asks for a new password of an account that is there, twice.
///
/// # Errors
/// As [`ask_login`], or the two passwords differ.
pub(crate) fn ask_new_password(from_stdin: bool) -> anyhow::Result<SecretString> {
    if from_stdin {
        return password_line();
    }
    if !std::io::stdin().is_terminal() {
        bail!("this asks for the new password and there is no terminal; use --password-stdin");
    }
    typed_twice()
}

fn typed_twice() -> anyhow::Result<SecretString> {
    use secrecy::ExposeSecret;
    let password = prompt("New password (8 characters or more): ")?;
    let again = prompt("Once more: ")?;
    if password.expose_secret() != again.expose_secret() {
        bail!("the two passwords differ; try again");
    }
    Ok(password)
}

fn code(credentials: &Credentials) -> Option<SecretString> {
    credentials.code.clone().map(SecretString::from)
}

/// A secret's value: all that is left of standard input, or asked for on the terminal.
///
/// # Errors
/// It is empty or too long, or not text.
pub(crate) fn ask_value(key: &str) -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        return prompt(&format!("Value of {key}: "));
    }
    let mut value = String::new();
    let read = std::io::stdin().lock().take(INPUT_MAX).read_to_string(&mut value);
    read.context("the value on standard input is not text")?;
    let value = value.strip_suffix('\n').unwrap_or(&value);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() {
        bail!("there is no value on standard input; with --password-stdin it follows the password's line");
    }
    Ok(value.to_owned().into())
}

/// The passphrase of a new backup, on a terminal twice.
///
/// # Errors
/// Neither a terminal nor `--passphrase-stdin`, too short, or the two differ.
pub(crate) fn ask_new_passphrase(from_stdin: bool) -> anyhow::Result<SecretString> {
    use secrecy::ExposeSecret;
    let passphrase = if from_stdin { password_line()? } else { typed_passphrase("Passphrase of the backup: ")? };
    if !from_stdin && typed_passphrase("Once more: ")?.expose_secret() != passphrase.expose_secret() {
        bail!("the two passphrases differ; try again");
    }
    if passphrase.expose_secret().chars().count() < PASSPHRASE_MIN_CHARS {
        bail!("the passphrase is too short; take {PASSPHRASE_MIN_CHARS} characters or more");
    }
    Ok(passphrase)
}

/// The passphrase of a backup that is there.
///
/// # Errors
/// Neither a terminal nor `--passphrase-stdin`.
pub(crate) fn ask_passphrase(from_stdin: bool) -> anyhow::Result<SecretString> {
    if from_stdin { password_line() } else { typed_passphrase("Passphrase of the backup: ") }
}

fn typed_passphrase(text: &str) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!("this asks for the passphrase of the backup and there is no terminal; use --passphrase-stdin");
    }
    prompt(text)
}

fn username(credentials: &Credentials) -> anyhow::Result<String> {
    if let Some(name) = &credentials.username {
        return Ok(name.clone());
    }
    eprint_now("Admin account: ");
    let mut line = String::new();
    std::io::stdin().lock().take(INPUT_MAX).read_line(&mut line).context("cannot read from the terminal")?;
    match line.trim() {
        "" => bail!("no account was named"),
        name => Ok(name.to_owned()),
    }
}

fn eprint_now(text: &str) {
    use std::io::Write;
    let mut stderr = std::io::stderr();
    let _closed = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn must_have_terminal() -> anyhow::Result<()> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    bail!("this asks for an admin's password and there is no terminal; use --username NAME --password-stdin")
}

fn prompt(text: &str) -> anyhow::Result<SecretString> {
    let typed = rpassword::prompt_password(text).context("cannot read from the terminal")?;
    if typed.is_empty() {
        bail!("nothing was typed");
    }
    Ok(typed.into())
}

/// The first line of standard input. Standard input's one buffer keeps what follows for [`ask_value`].
fn password_line() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .take(INPUT_MAX)
        .read_line(&mut line)
        .context("the password on standard input is not text")?;
    let line = line.trim_end_matches(['\n', '\r']);
    if line.is_empty() {
        bail!("there is no password on standard input");
    }
    Ok(line.to_owned().into())
}
