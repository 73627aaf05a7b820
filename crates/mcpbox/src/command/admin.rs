//! `mcpbox admin create`: the first account. Free while there is none: whoever can write the data directory owns the box.

use mcpbox_catalog::session::{self, FirstAdmin, SetupProof};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    cli::Credentials,
    config::Config,
    console::print_line,
    control::{Control, Login},
    data_dir::DataDir,
    offline,
    password::ask_new_login,
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
