//! `mcpbox admin create`: the first account, free while there is none. `mcpbox admin password`: the way back in. Whoever can write the
//! data directory owns the box.

use anyhow::bail;
use mcpbox_catalog::{
    identity,
    session::{self, FirstAdmin, SetupProof},
};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    cli::Credentials,
    config::Config,
    console::print_line,
    control::{Control, Login},
    data_dir::DataDir,
    offline,
    password::{ask_new_login, ask_new_password},
};

/// Makes the first admin, through the running server or, when none runs, in the database.
///
/// # Errors
/// In a sentence; an admin exists already.
pub(crate) async fn create(config: &Config, credentials: &Credentials) -> anyhow::Result<()> {
    let dir = DataDir::open(&config.data_dir)?;
    let login = ask_new_login(credentials)?;
    match dir.try_lock()? {
        Some(_lock) => create_offline(config, &dir, login).await?,
        None => {
            let body = json!({"username": login.username, "password": login.password.expose_secret()});
            Control::new(dir.path()).post("/setup", body, None).await?;
        }
    }
    print_line("The admin account is made. Log in on the admin page, or decide with `mcpbox review`.");
    Ok(())
}

async fn create_offline(config: &Config, dir: &DataDir, login: Login) -> anyhow::Result<()> {
    let catalog = offline::open_catalog(config, dir).await?;
    let first = FirstAdmin { proof: SetupProof::Local, username: login.username, password: login.password };
    let made = session::create_first_admin(&catalog, first).await;
    catalog.close().await;
    made.map_err(offline::readable)?;
    Ok(())
}

/// Sets a new password for an account, makes it an admin and ends its sessions and second factors. Only while no server runs: a
/// process of the same user, such as an LLM's shell, cannot do it beside one that is watched.
///
/// # Errors
/// In a sentence; a server runs, or there is no such account.
pub(crate) async fn password(config: &Config, name: &str, from_stdin: bool) -> anyhow::Result<()> {
    let dir = DataDir::open(&config.data_dir)?;
    let Some(_lock) = dir.try_lock()? else {
        bail!(
            "a server runs on the data directory {}; stop it first, then start it again. While it runs, another admin can make a \
             one-time link on the page Users",
            dir.path().display()
        );
    };
    let new = ask_new_password(from_stdin)?;
    let catalog = offline::open_catalog(config, &dir).await?;
    let done = identity::recover_admin(&catalog, name, &new).await;
    catalog.close().await;
    done.map_err(offline::readable)?;
    print_line("The password is set. The account is an admin without second factors; its sessions have ended.");
    Ok(())
}
