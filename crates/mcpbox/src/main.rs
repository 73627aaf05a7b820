//! The mcpbox binary: reads the settings, wires the parts, speaks with a person. No business rules.

mod cli;
mod command;
mod config;
mod connection;
mod console;
mod control;
mod data_dir;
mod documents;
mod environment;
mod offline;
mod password;
mod serve;
mod telemetry;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use cli::{AdminCommand, AuditCommand, Cli, Command, DoctorCommand, KeyCommand, ServeArgs};
use config::{Config, Environment, Role, Settings};
use connection::Asked;
use control::Control;
use serve::leash;

fn main() -> ExitCode {
    // A jail is made in a process with one thread and without anything of the server in it.
    let mut arguments = std::env::args();
    match arguments.by_ref().nth(1).as_deref() {
        Some(mcpbox_jail::JAIL_ARGUMENT) => return mcpbox_jail::main_jail(arguments),
        Some(mcpbox_jail::PROGRAM_ARGUMENT) => return mcpbox_jail::main_program(),
        // So is the beginning of a program that ends with the server.
        Some(leash::LEASH_ARGUMENT) => return leash::main_leashed(arguments),
        _ => {}
    }
    // One TLS implementation for all; a second call would only say that it is there.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let outcome = environment::take().and_then(|env| run(Cli::parse(), &env));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcpbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, env: &Environment) -> anyhow::Result<()> {
    let Cli { data_dir, config: file, serve, command } = cli;
    match command {
        Some(Command::Key { command: None }) => return command::key::run(),
        Some(Command::Man { directory }) => return documents::write_manual(&directory),
        Some(Command::Completions { shell }) => {
            documents::print_completions(shell);
            return Ok(());
        }
        _ => {}
    }
    let command = command.unwrap_or_else(|| Command::Serve(ServeArgs::default()));
    let own = match &command {
        Command::Serve(args) => args.settings.clone(),
        Command::Stdio(settings)
        | Command::Health(settings)
        | Command::Doctor { settings, .. }
        | Command::Config { settings, .. } => settings.clone(),
        _ => config::SettingFlags::default(),
    };
    let settings = Settings::collect(own.or(&serve.settings), data_dir, file, env)?;
    match command {
        Command::Config { json: true, .. } => console::print_line(&format!("{:#}", config::print_json(&settings))),
        Command::Config { json: false, .. } => console::print(&config::print_table(&settings)),
        Command::Openapi => {
            console::print_line(&mcpbox_admin::openapi().to_pretty_json().context("cannot write the document")?)
        }
        other => {
            let config = Config::parse(&settings, env)?;
            let _telemetry = telemetry::start(&config, env)?;
            let _files = mcpbox_listen::raise_open_files();
            let runtime =
                tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
            let has_own_directory = command::serve::has_own_directory(&settings, env);
            let done = runtime.block_on(dispatch(other, serve, &config, has_own_directory, env));
            // Tasks that block (a name look-up) must not hold the process.
            runtime.shutdown_timeout(std::time::Duration::from_millis(100));
            done?;
        }
    }
    Ok(())
}

async fn dispatch(
    command: Command,
    root: ServeArgs,
    config: &Config,
    has_own_directory: bool,
    env: &Environment,
) -> anyhow::Result<()> {
    let control = Control::new(&config.data_dir);
    match command {
        Command::Serve(args) => {
            let ready_file = args.ready_file.or(root.ready_file);
            if let Role::Sandbox { addr, key } = &config.role {
                return command::worker::run(config, *addr, key, ready_file.as_deref()).await;
            }
            command::serve::run(config, ready_file.as_deref(), has_own_directory).await
        }
        Command::Stdio(_) => command::stdio::run(config).await,
        Command::Connect { url } => command::stdio::connect(&url, token(env)).await,
        Command::Admin(AdminCommand::Create(credentials)) => command::admin::create(config, &credentials).await,
        Command::Admin(AdminCommand::Password { name, password_stdin }) => {
            command::admin::password(config, &name, password_stdin).await
        }
        Command::Review(command) => command::review::run(&control, command).await,
        Command::Tools(command) => command::tools::run(&control, command).await,
        Command::Server(command) => command::server::run(&control, command).await,
        Command::Grant(command) => command::grant::run(&control, command).await,
        Command::Package(command) => command::package::run(&control, command).await,
        Command::Secret(command) => command::secret::run(&control, command).await,
        Command::Token(command) => command::token::run(&control, command).await,
        Command::Audit(AuditCommand::Verify) => command::audit::verify(config).await,
        Command::Doctor { command: Some(DoctorCommand::Connect { url, extra_ca, json }), .. } => {
            let extra_ca = extra_ca.or_else(|| config.extra_ca.clone());
            command::doctor::connect(&Asked { url, token: token(env), extra_ca }, json).await
        }
        Command::Doctor { json, .. } => command::doctor::run(config, json).await,
        Command::Health(_) => command::health::run(config).await,
        Command::Export(args) => command::transfer::export(&control, args).await,
        Command::ImportOpenApi(args) => command::openapi::import(&control, args).await,
        Command::Import(args) => command::transfer::import(&control, args).await,
        Command::Backup(args) => command::backup::run(config, args).await,
        Command::Restore(args) => command::restore::run(config, args).await,
        Command::Key { command: Some(KeyCommand::Rotate(args)) } => command::rotate::run(config, args).await,
        Command::Config { .. }
        | Command::Key { .. }
        | Command::Openapi
        | Command::Man { .. }
        | Command::Completions { .. } => Ok(()),
    }
}

/// What gets behind the login of an endpoint.
fn token(env: &Environment) -> Option<secrecy::SecretString> {
    env.get("MCPBOX_TOKEN").filter(|token| !token.is_empty()).map(|token| token.as_str().into())
}
