//! Which file a command is.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Where programs are when nothing is said.
pub(super) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The file of `command`: itself when it is a path; of a name, the first in the `PATH` of this process that the jail shows.
///
/// # Errors
/// A sentence: there is none, or the jail does not show it.
pub(super) fn program(command: &str, is_shown: impl Fn(&Path) -> bool) -> Result<PathBuf, String> {
    let places: Vec<PathBuf> = match command.starts_with('/') {
        true => vec![command.into()],
        false => {
            let path = env::var_os("PATH").unwrap_or_else(|| PATH.into());
            env::split_paths(&path).filter(|place| place.is_absolute()).map(|place| place.join(command)).collect()
        }
    };
    let mut hidden = None;
    for place in places {
        // Followed to its end: every link on the way must be shown too, and the last file counts most.
        let Some(file) = place.canonicalize().ok().filter(|file| is_executable(file)) else { continue };
        if is_shown(&place) && is_shown(&file) {
            return Ok(place);
        }
        hidden.get_or_insert((place, file));
    }
    match hidden {
        Some((place, file)) => Err(format!(
            "the program {} is {}, which the jail does not show: add the directory of that installation to what it may read",
            place.display(),
            file.display()
        )),
        None => Err(format!("there is no program '{command}' on the machine of the sandbox")),
    }
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}
