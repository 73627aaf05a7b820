//! Environments that nothing runs in any more give their disk back. What could be needed again is installed again from its lock.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::Installed;

/// What installations and removals that were cut off leave behind.
const LEFT_BEHIND: [&str; 3] = [".env-", ".install-", GONE];
const GONE: &str = ".gone-";

/// Environments below `runtime` that are none of `wanted` and were not used since `since`. One whose last use is not known counts by
/// its installation.
pub(crate) fn unused(runtime: &Path, wanted: &BTreeSet<PathBuf>, since: SystemTime) -> io::Result<Vec<Installed>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(runtime)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("env-") || !entry.file_type()?.is_dir() || wanted.contains(&entry.path()) {
            continue;
        }
        let installed = Installed::in_place(entry.path());
        let used = [installed.used(), installed.manifest.clone(), installed.site.clone()];
        let last = used.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).next();
        if last.is_some_and(|last| last < since) {
            found.push(installed);
        }
    }
    Ok(found)
}

/// Removes an environment: at once out of sight, so that a removal that is cut off leaves nothing that looks whole.
pub(crate) fn remove(installed: &Installed) -> io::Result<()> {
    let gone = installed.site.with_file_name(format!("{GONE}{}", installed.name()));
    fs::rename(&installed.site, &gone)?;
    for file in [&installed.manifest, &installed.used()] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::remove_dir_all(gone)
}

/// Removes what was left behind before `since`.
pub(crate) fn remove_left_behind(runtime: &Path, since: SystemTime) -> io::Result<()> {
    for entry in fs::read_dir(runtime)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_left = LEFT_BEHIND.iter().any(|prefix| name.starts_with(prefix)) && entry.file_type()?.is_dir();
        if is_left && entry.metadata()?.modified()? < since {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use super::*;

    fn at(path: &Path, time: SystemTime) {
        File::open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn only_what_nobody_wants_or_used_goes() {
        let runtime = tempfile::tempdir().unwrap();
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let (before, after) = (since - Duration::from_secs(1), since + Duration::from_secs(1));
        let make = |name: &str, used: Option<SystemTime>| {
            let installed = Installed::in_place(runtime.path().join(name));
            fs::create_dir_all(installed.site.join("pandas")).unwrap();
            fs::write(&installed.manifest, "{}").unwrap();
            at(&installed.manifest, before);
            if let Some(time) = used {
                installed.note_use().unwrap();
                at(&installed.used(), time);
            }
            installed
        };
        let wanted = make("env-a-3.13", Some(before));
        make("env-b-3.13", Some(after));
        let old = make("env-c-3.13", Some(before));
        let never = make("env-d-3.12", None);
        let other = runtime.path().join("base-3.13");
        fs::create_dir(&other).unwrap();
        at(&other, before);

        let mut found = unused(runtime.path(), &BTreeSet::from([wanted.site]), since).unwrap();
        found.sort_by(|a, b| a.site.cmp(&b.site));
        assert_eq!(found.iter().map(|it| &it.site).collect::<Vec<_>>(), [&old.site, &never.site]);
        for installed in &found {
            remove(installed).unwrap();
        }
        let mut left: Vec<String> =
            fs::read_dir(runtime.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        let expected = ["base-3.13", "env-a-3.13", "env-a-3.13.manifest", "env-a-3.13.used"];
        assert_eq!(left[..4], expected, "{left:?}");
        assert!(left[4..].iter().all(|name| name.starts_with("env-b")), "{left:?}");
    }

    #[test]
    fn what_was_cut_off_goes_after_a_while() {
        let runtime = tempfile::tempdir().unwrap();
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (name, is_old) in [(".env-x", true), (".gone-env-y", true), (".install-z", false), ("env-kept", true)] {
            let path = runtime.path().join(name);
            fs::create_dir_all(path.join("part")).unwrap();
            if is_old {
                at(&path, since - Duration::from_secs(1));
            }
        }
        remove_left_behind(runtime.path(), since).unwrap();
        let mut left: Vec<String> =
            fs::read_dir(runtime.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, [".install-z", "env-kept"]);
    }
}
