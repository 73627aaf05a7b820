//! Puts the web UI into `OUT_DIR/ui` and the Worker into `OUT_DIR/worker.js`: built from `web/` and `worker/` with Node, copied from
//! `MCPBOX_UI_DIST`, or with `MCPBOX_UI=skip` a placeholder and nothing. Runs again only when a source changed.

use std::{
    env,
    error::Error,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// What the built UI depends on. Not `node_modules`, tests, scripts or documents.
const SOURCES: [&str; 7] =
    ["src", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];
/// What the built Worker depends on.
const WORKER_SOURCES: [&str; 4] = ["src", "build.mjs", "package.json", "package-lock.json"];
/// Vite 8 needs it.
const NODE_MIN: (u32, u32) = (20, 19);
const WAYS_OUT: &str = "MCPbox's web UI cannot be built. There are three ways out:\n\
    1. install Node.js 20.19 or newer with npm, then build again;\n\
    2. build the UI on another machine (npm ci && npm run build in web/ and in worker/), copy web/dist here and worker/dist/worker.js \
    into it, and set MCPBOX_UI_DIST to that folder;\n\
    3. set MCPBOX_UI=skip to build without the web UI: the command line does everything it can.";
const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>MCPbox</title>\n\
    <h1>This MCPbox has no web UI</h1>\n<p>It was built with MCPBOX_UI=skip. Build it again with Node.js 20.19 or newer, or use \
    the command line: <code>mcpbox review list</code></p>\n";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match put_ui_in_place() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}\n");
            ExitCode::FAILURE
        }
    }
}

fn put_ui_in_place() -> Outcome<()> {
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../web");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("ui");
    println!("cargo::rerun-if-env-changed=MCPBOX_UI");
    println!("cargo::rerun-if-env-changed=MCPBOX_UI_DIST");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    let worker = out.with_file_name("worker.js");
    match (env::var("MCPBOX_UI").as_deref(), env::var("MCPBOX_UI_DIST")) {
        (Ok("skip"), _) => {
            fs::write(out.join("index.html"), PLACEHOLDER)?;
            fs::write(worker, "")?;
        }
        (Ok(other), _) if !other.is_empty() => return Err(format!("MCPBOX_UI knows only 'skip', not '{other}'").into()),
        (_, Ok(dist)) if !dist.is_empty() => {
            copy_built(Path::new(&dist), &out)?;
            // Nothing that a browser asks for.
            fs::rename(out.join("worker.js"), worker)?;
        }
        _ => {
            build(&web, &out)?;
            build_worker(&web.with_file_name("worker"), &worker)?;
        }
    }
    // The macro takes only a literal, and the folder is known only here.
    let embed = format!("#[derive(Embed)]\n#[folder = {out:?}]\nstruct Files;\n");
    fs::write(out.with_file_name("files.rs"), embed)?;
    Ok(())
}

fn copy_built(dist: &Path, out: &Path) -> Outcome<()> {
    println!("cargo::rerun-if-changed={}", dist.display());
    for needed in ["index.html", "worker.js"] {
        if !dist.join(needed).is_file() {
            return Err(format!("MCPBOX_UI_DIST={}: there is no {needed} in it\n{WAYS_OUT}", dist.display()).into());
        }
    }
    copy_dir(dist, out)?;
    Ok(())
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn build(web: &Path, out: &Path) -> Outcome<()> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", web.join(source).display());
    }
    check_node()?;
    // Two builds with different target directories share node_modules.
    let turn = File::create(web.join(".build-lock"))?;
    turn.lock()?;
    install(web, "dev")?;
    let mut vite = program("npm");
    vite.args(["run", "--silent", "build", "--", "--emptyOutDir", "--outDir"]).arg(out);
    run(vite.current_dir(web).env("NODE_ENV", "production"))
}

fn build_worker(folder: &Path, out: &Path) -> Outcome<()> {
    for source in WORKER_SOURCES {
        println!("cargo::rerun-if-changed={}", folder.join(source).display());
    }
    let turn = File::create(folder.join(".build-lock"))?;
    turn.lock()?;
    install(folder, "prod")?;
    run(program("node").current_dir(folder).arg("build.mjs").arg(out))
}

fn check_node() -> Outcome<()> {
    let output = program("node").arg("--version").output();
    let said = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let mut parts = said.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if (major, minor) >= NODE_MIN => Ok(()),
        (Some(_), _) => Err(format!("Node.js {} is too old.\n{WAYS_OUT}", said.trim()).into()),
        _ => Err(format!("There is no Node.js in PATH.\n{WAYS_OUT}").into()),
    }
}

/// Installs exactly what the lock file names, without what only tests need when that is "prod", unless it is there already.
fn install(folder: &Path, what: &str) -> Outcome<()> {
    let lock = fs::read(folder.join("package-lock.json"))?;
    let everything = folder.join("node_modules/.installed-from");
    let stamp = if what == "prod" { folder.join("node_modules/.built-from") } else { everything.clone() };
    if [&everything, &stamp].into_iter().any(|stamp| fs::read(stamp).is_ok_and(|installed| installed == lock)) {
        return Ok(());
    }
    let mut npm = program("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    npm.arg(if what == "prod" { "--omit=dev" } else { "--include=dev" });
    run(npm.current_dir(folder))?;
    fs::write(stamp, lock)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the rule is for the running product; this runs while it is built")]
fn program(name: &str) -> Command {
    Command::new(name)
}

fn run(command: &mut Command) -> Outcome<()> {
    let output = command.output().map_err(|error| format!("{command:?} cannot start: {error}\n{WAYS_OUT}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Err(format!("{command:?} failed ({}):\n{said}\n{WAYS_OUT}", output.status).into())
}
