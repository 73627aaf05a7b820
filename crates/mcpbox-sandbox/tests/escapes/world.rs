//! What the hostile programs are let loose on: a canary process outside, its files, and a victim call beside them.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use mcpbox_core::execute::Observer;
use mcpbox_sandbox::find_python;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::program;

/// The user of the jail's processes as the host sees them when the supervisor is root.
const JAIL_USER: u32 = 64_207;

/// Everything outside that must stay as it is.
pub(crate) struct World {
    folder: TempDir,
    process: Child,
    ask: ChildStdin,
    told: Receiver<Value>,
    /// What the canary process said of itself.
    facts: Map<String, Value>,
    /// What nobody inside may get to see.
    pub(crate) secrets: Vec<String>,
    user: u32,
}

impl World {
    /// Makes it.
    #[expect(clippy::disallowed_methods, reason = "the canary is a process of the test's own")]
    pub(crate) fn new() -> Self {
        let is_root = rustix::process::geteuid().is_root();
        let user = if is_root { JAIL_USER } else { rustix::process::geteuid().as_raw() };
        let folder = tempfile::Builder::new().prefix("mcpbox-canary-").tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let secret = |name: &str, mode: u32| {
            let path = folder.path().join(name);
            let text = format!("{name}-{:016x}", rand(name));
            fs::write(&path, &text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            std::os::unix::fs::chown(&path, Some(user), Some(user)).unwrap();
            text
        };
        let mut secrets = vec![secret("public", 0o644), secret("private", 0o600)];
        std::os::unix::fs::symlink("public", folder.path().join("link")).unwrap();
        let mut process = Command::new(find_python(None).unwrap().path)
            .args(["-I", "-c", &program::read("canary.py"), &user.to_string()])
            .arg(folder.path())
            .env_clear()
            .env("CANARY_SECRET", &secrets[0])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, told) = channel();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let facts: Value = told.recv_timeout(Duration::from_secs(20)).unwrap();
        secrets.push(facts["secret"].as_str().unwrap().to_owned());
        let ask = process.stdin.take().unwrap();
        Self { folder, process, ask, told, facts: facts.as_object().unwrap().clone(), secrets, user }
    }

    /// What a program is told, so that it does not have to search. Makes the file it may try to spoil.
    pub(crate) fn arguments(&self, name: &str, victim: &Value, data: &Path) -> Map<String, Value> {
        let spoil = self.victim_file(name);
        fs::write(&spoil, "as it was").unwrap();
        fs::set_permissions(&spoil, Permissions::from_mode(0o666)).unwrap();
        std::os::unix::fs::chown(&spoil, Some(self.user), Some(self.user)).unwrap();
        let mut canary = self.facts.clone();
        canary.remove("secret");
        let path = |name: &str| json!(self.folder.path().join(name));
        let more = [
            ("name", json!(name.replace('/', "-"))),
            ("folder", json!(self.folder.path())),
            ("public", path("public")),
            ("private", path("private")),
            ("link", path("link")),
            ("victim", json!(spoil)),
            ("data", json!(data)),
            ("disk", json!(disk())),
            ("hostname", json!(rustix::system::uname().nodename().to_string_lossy())),
            ("supervisor", json!(std::process::id())),
            ("sibling", victim.clone()),
        ];
        canary.extend(more.map(|(key, value)| (key.to_owned(), value)));
        Map::from_iter([("canary".to_owned(), Value::Object(canary))])
    }

    fn victim_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{}.victim", name.replace('/', "-")))
    }

    /// What a program did to the files; they are as before afterwards.
    pub(crate) fn damage(&self, name: &str) -> Option<String> {
        let spoil = self.victim_file(name);
        let text = fs::read_to_string(&spoil);
        let state =
            fs::metadata(&spoil).ok().map(|meta| (meta.permissions().mode() & 0o7777, meta.nlink(), meta.mtime() > 2));
        let _ = fs::remove_file(&spoil);
        let mut found = Vec::new();
        if text.as_ref().ok().map(String::as_str) != Some("as it was") || state != Some((0o666, 1, true)) {
            found.push(format!("the victim file became {text:?} {state:?}"));
        }
        let own = name.replace('/', "-");
        for entry in fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_name().to_string_lossy().starts_with(&own) {
                found.push(format!("{} was made", entry.path().display()));
                let _ = fs::remove_file(entry.path());
            }
        }
        (!found.is_empty()).then(|| found.join("; "))
    }

    /// What touched the canary process so far; whether it is whole and alive.
    pub(crate) fn touches(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        let asked = self.ask.write_all(b"report\n").and_then(|()| self.ask.flush());
        let mut is_whole = false;
        while let Ok(line) = self.told.recv_timeout(Duration::from_secs(if asked.is_ok() { 20 } else { 0 })) {
            match line["touched"].as_str() {
                Some(touched) => found.push(touched.to_owned()),
                None => {
                    is_whole = line["report"].as_bool().unwrap();
                    break;
                }
            }
        }
        if !is_whole {
            found.push(format!("the canary process is not as it was: {:?}", self.process.try_wait()));
        }
        found
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Random enough to be found by accident nowhere.
fn rand(seed: &str) -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write(seed.as_bytes());
    hasher.finish()
}

/// A disk of this machine.
fn disk() -> String {
    let disks = fs::read_dir("/sys/block").map(|entries| entries.flatten().map(|entry| entry.file_name()));
    let names: Vec<String> =
        disks.map(|names| names.map(|name| name.to_string_lossy().into_owned()).collect()).unwrap_or_default();
    let name = names.iter().find(|name| Path::new("/dev").join(name).exists());
    format!("/dev/{}", name.map_or("sda", String::as_str))
}

/// Hears the victim call.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<Value>>);

impl Observer for Heard {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<String>) {}

    fn log(&self, message: String) {
        let value = serde_json::from_str(&message).unwrap_or(Value::String(message));
        self.0.lock().unwrap().push(value);
    }
}

impl Heard {
    /// How often it said anything.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The first thing it says.
    pub(crate) async fn first(self: &Arc<Self>) -> Value {
        self.until(0).await;
        self.0.lock().unwrap()[0].clone()
    }

    /// Waits until it has said more than `count` things; whether it did.
    pub(crate) async fn until(&self, count: usize) -> bool {
        for _ in 0..400 {
            if self.count() > count {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// Everything it said, as one text.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().iter().map(|value| value.to_string() + "\n").collect()
    }

    /// What touched it.
    pub(crate) fn touches(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().filter_map(|value| value["touched"].as_str().map(str::to_owned)).collect()
    }
}
