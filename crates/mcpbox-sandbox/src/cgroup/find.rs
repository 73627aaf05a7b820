//! Which control group this process is in, in which version, and whether it may make others there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use mcpbox_jail::{JailError, Layer};

/// What the names of our groups begin with; the process id of the supervisor follows.
pub(super) const PREFIX: &str = "mcpbox-";
/// What a call is held by.
pub(super) const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// Version of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// The place of this process in one hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hierarchy {
    pub(super) version: Version,
    /// Its group.
    pub(super) own: PathBuf,
    /// What can be limited there.
    pub(super) controllers: Vec<String>,
}

impl Hierarchy {
    pub(super) fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|known| known == controller)
    }
}

/// The hierarchies that hold memory and threads together: the one of version 2, or for root those of version 1.
pub(super) fn hierarchies() -> Result<(Version, Vec<Hierarchy>), JailError> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let all = places(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
    let useful = |version| {
        let mut found: Vec<Hierarchy> = all.iter().filter(|place| place.version == version).cloned().collect();
        for place in found.iter_mut().filter(|place| place.version == Version::Two) {
            let text = fs::read_to_string(place.own.join("cgroup.controllers")).unwrap_or_default();
            place.controllers = text.split_whitespace().map(str::to_owned).collect();
        }
        found.retain(|place| CONTROLLERS.iter().any(|controller| place.has(controller)));
        let is_whole = CONTROLLERS.iter().all(|controller| found.iter().any(|place| place.has(controller)));
        is_whole.then_some(found)
    };
    if let Some(found) = useful(Version::Two) {
        return Ok((Version::Two, found));
    }
    match useful(Version::One) {
        Some(found) if rustix::process::geteuid().is_root() => Ok((Version::One, found)),
        Some(_) => Err(none("control groups of version 1 are for root only")),
        None => Err(none("the controllers memory and pids are not available to this process")),
    }
}

/// The error for a machine on which none can be used.
pub(super) fn none(reason: &str) -> JailError {
    JailError {
        layer: Layer::Cgroup,
        step: "making control groups for calls".into(),
        reason: reason.into(),
        fix: "Start mcpbox as a service with Delegate=yes (or 'systemd-run --user --scope -p Delegate=yes mcpbox'); in a container \
              mount /sys/fs/cgroup writable"
            .into(),
    }
}

/// The error for a group that cannot be made or changed.
pub(super) fn unusable(path: &Path, error: io::Error) -> JailError {
    none(&format!("{} cannot be used: {error}", path.display()))
}

/// `/proc/self/cgroup` has lines `id:controllers:path`; `/proc/self/mountinfo` says where hierarchies are mounted, and which part
/// of them.
fn places(cgroup: &str, mountinfo: &str) -> Vec<Hierarchy> {
    let mounts: Vec<(Version, Vec<&str>, &Path, &Path)> = mountinfo.lines().filter_map(mount).collect();
    let place = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (names, path) = (parts.next()?, Path::new(parts.next()?));
        let version = if names.is_empty() { Version::Two } else { Version::One };
        let controllers: Vec<String> = names.split(',').map(str::to_owned).collect();
        let (.., root, point) = mounts.iter().find(|(mounted, options, ..)| {
            *mounted == version
                && (version == Version::Two || controllers.iter().all(|name| options.contains(&name.as_str())))
        })?;
        Some(Hierarchy { version, own: point.join(path.strip_prefix(root).ok()?), controllers })
    };
    cgroup.lines().filter_map(place).collect()
}

/// (version, super options, root, mount point) of a line about a control group.
fn mount(line: &str) -> Option<(Version, Vec<&str>, &Path, &Path)> {
    let (head, tail) = line.split_once(" - ")?;
    let mut tail = tail.split(' ');
    let version = match tail.next()? {
        "cgroup2" => Version::Two,
        "cgroup" => Version::One,
        _ => return None,
    };
    let mut head = head.split(' ').skip(3);
    Some((version, tail.nth(1)?.split(',').collect(), Path::new(head.next()?), Path::new(head.next()?)))
}

/// Removes what supervisors left behind that were killed.
pub(super) fn sweep(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            remove(&path);
        }
    }
}

/// Removes a group and those below it as far as they are empty; whether it is gone.
pub(super) fn remove(group: &Path) -> bool {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
    match fs::remove_dir(group) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_group_is_found_in_every_arrangement() {
        let hybrid = "30 29 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
                      32 29 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let whole = "25 20 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
        let bound = "25 20 0:22 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
        let cases = [
            (
                "4:memory:/box/1\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/user.slice\n",
                hybrid,
                vec!["/sys/fs/cgroup/memory/box/1", "/sys/fs/cgroup/cpu,cpuacct/", "/sys/fs/cgroup/unified/user.slice"],
            ),
            ("0::/system.slice/mcpbox.service\n", whole, vec!["/sys/fs/cgroup/system.slice/mcpbox.service"]),
            ("0::/docker/abc\n", bound, vec!["/sys/fs/cgroup/"]),
            ("0::/elsewhere\n", bound, vec![]),
            ("", "", vec![]),
        ];
        for (cgroup, mounts, expected) in cases {
            let found = places(cgroup, mounts);
            assert_eq!(found.iter().map(|place| place.own.to_str().unwrap()).collect::<Vec<_>>(), expected, "{cgroup}");
        }
    }
}
