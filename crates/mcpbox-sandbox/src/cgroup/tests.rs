//! The mechanics on the real hierarchies of this machine, as far as they are ours to change.

use super::*;

#[test]
fn what_cannot_be_used_is_said_with_what_would_help() {
    match Cgroups::find() {
        Ok(groups) => {
            let leaf = groups.leaf().unwrap();
            assert!(leaf.doors().count() > 0 && !leaf.ran_out_of_memory());
            leaf.limit_memory(100 << 20);
            let path = groups.memory_path(leaf.slot.as_ref().unwrap()).unwrap().to_owned();
            let limit = ["memory.max", "memory.limit_in_bytes"]
                .iter()
                .find_map(|name| fs::read_to_string(path.join(name)).ok());
            assert_eq!(limit.unwrap().trim(), ((100 << 20) + SPARE_BYTES).to_string());
            drop(leaf);
            assert_eq!(groups.lock().len(), 1, "it is used again");
            drop(groups.leaf().unwrap());
            assert_eq!(groups.made.load(Ordering::Relaxed), 1);
            drop(groups);
            assert!(!path.exists());
        }
        Err(error) => assert!(error.fix.contains("Delegate=yes") && !error.reason.is_empty(), "{error}"),
    }
}

/// The root of the hierarchy of version 2, with a controller that it still has to give; none where root cannot change it.
fn unified() -> Option<(PathBuf, String)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let root = mounts.lines().find(|line| line.contains(" - cgroup2 "))?.split(' ').nth(4)?.to_owned();
    let controllers = fs::read_to_string(format!("{root}/cgroup.controllers")).unwrap();
    let writable = rustix::fs::access(&root, rustix::fs::Access::WRITE_OK).is_ok();
    Some((root.into(), controllers.split_whitespace().last()?.to_owned())).filter(|_| writable)
}

/// A group that was given to us, with a process in it, as a service manager makes it.
struct Delegated {
    root: PathBuf,
    top: PathBuf,
    controller: String,
    was_on: bool,
    process: std::process::Child,
}

#[expect(clippy::disallowed_methods, reason = "the test needs a process to move about")]
fn sleeper(door: Option<OwnedFd>) -> std::process::Child {
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--cgroup", "--pid", "--fork", "--kill-child", "sh", "-c", "echo 0; exec sleep 60"]);
    command.stdout(door.map_or_else(std::process::Stdio::null, Into::into)).spawn().unwrap()
}

impl Delegated {
    fn new() -> Option<Self> {
        let (root, controller) = unified()?;
        let switch = root.join("cgroup.subtree_control");
        let was_on = fs::read_to_string(&switch).unwrap().split_whitespace().any(|name| name == controller);
        fs::write(switch, format!("+{controller}")).unwrap();
        let top = root.join(format!("mcpbox-test-{}", std::process::id()));
        fs::create_dir(&top).unwrap();
        let process = sleeper(None);
        fs::write(top.join("cgroup.procs"), process.id().to_string()).unwrap();
        Some(Self { root, top, controller, was_on, process })
    }
}

impl Drop for Delegated {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        for group in ["mcpbox-supervisor", "calls"] {
            find::remove(&self.top.join(group));
        }
        let gone = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            find::remove(&self.top)
        });
        if !self.was_on {
            let _ = fs::write(self.root.join("cgroup.subtree_control"), format!("-{}", self.controller));
        }
        assert!(gone || std::thread::panicking(), "{} is left behind", self.top.display());
    }
}

#[test]
fn in_version_2_whoever_is_in_the_way_steps_aside_and_a_child_enters_its_leaf() {
    let Some(given) = Delegated::new() else { return }; // not a machine on which that can be tried
    // Version 1 may hold memory and pids here; what counts is that some controller is passed on.
    assert!(!delegate::is_ours(&given.top), "a group of root's without a mark is the service manager's");
    rustix::fs::setxattr(&given.top, "trusted.delegate", b"1", rustix::fs::XattrFlags::empty()).unwrap();
    assert!(delegate::is_ours(&given.top));
    let calls = delegate::make(&given.top, "calls", &[&given.controller]).unwrap();
    let aside = fs::read_to_string(given.top.join("mcpbox-supervisor/cgroup.procs")).unwrap();
    assert!(aside.lines().any(|pid| pid == given.process.id().to_string()), "{aside}");
    assert_eq!(fs::read_to_string(given.top.join("cgroup.procs")).unwrap(), "");

    let hierarchy =
        Hierarchy { version: Version::Two, own: given.top.clone(), controllers: vec![given.controller.clone()] };
    let groups = Arc::new(Cgroups {
        version: Version::Two,
        groups: vec![Group { hierarchy, path: calls.clone() }],
        free: Mutex::default(),
        made: AtomicU32::new(0),
    });
    let leaf = groups.leaf().unwrap();
    let door = leaf.doors().next().unwrap().try_clone_to_owned().unwrap();
    let mut child = sleeper(Some(door));
    let inside = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !fs::read_to_string(calls.join("call-0/cgroup.procs")).unwrap().trim().is_empty()
    });
    assert!(inside, "from behind namespaces of its own it enters through the open door");
    assert!(!groups.try_remove(), "not while somebody is in there");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(leaf);
    let gone = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        groups.try_remove()
    });
    assert!(gone && !calls.exists());
}
