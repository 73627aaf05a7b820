//! The Landlock ruleset of tool processes: built here once per zygote, inherited as a descriptor, entered by every child.
//! It is what separates siblings, who share the zygote's namespaces, and a second wall around the file system.

use std::{
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::Path,
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use crate::error::{JailError, Layer};

/// The oldest Landlock interface with scopes: without them a child could signal its siblings.
pub const MINIMUM_ABI: u32 = 6;

/// The version of the kernel's Landlock interface; 0 when it has none.
#[expect(unsafe_code, reason = "no safe wrapper asks for the version")]
pub fn landlock_abi() -> u32 {
    const VERSION_FLAG: libc::c_ulong = 1;
    // SAFETY: with the version flag the kernel takes no pointer (null, size 0) and only answers a number.
    let answer = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION_FLAG)
    };
    u32::try_from(answer).unwrap_or(0)
}

/// What one path may be used for.
pub(crate) enum Use {
    /// Files may be read and directories listed.
    Read,
    /// Anything files are for, but never executing, device nodes or sockets.
    Scratch,
    /// Files may be read and executed, directories listed.
    Run,
    /// Files and directories may be changed in every way but executed; no device nodes or sockets.
    Files,
    /// Directories may be listed.
    List,
    /// A single file that may be read.
    ReadFile,
    /// A single file that may be read and written: a device that swallows what is written.
    Sink,
}

/// The ruleset for these paths, as a descriptor. Nothing else can be opened, no TCP port bound and none reached but `port`, no
/// abstract socket reached and no process outside the domain signalled.
pub(crate) fn build(paths: &[(&Path, Use)], port: Option<u16>) -> Result<OwnedFd, JailError> {
    let fail = |step: &str, reason: String| JailError::new(Layer::Landlock, step, std::io::Error::other(reason));
    let abi = landlock_abi();
    if abi < MINIMUM_ABI {
        return Err(fail("landlock_create_ruleset", format!("interface version {abi}, needed {MINIMUM_ABI}")));
    }
    let mut ruleset = empty().map_err(|error| fail("landlock_create_ruleset", error.to_string()))?;
    for (path, usage) in paths {
        let step = format!("landlock_add_rule {}", path.display());
        let fd = PathFd::new(path).map_err(|error| fail(&step, error.to_string()))?;
        ruleset =
            ruleset.add_rule(PathBeneath::new(fd, rights(usage))).map_err(|error| fail(&step, error.to_string()))?;
    }
    finish(ruleset, port)
}

/// Lets one TCP port be connected to, if any, and makes a descriptor of it.
fn finish(mut ruleset: RulesetCreated, port: Option<u16>) -> Result<OwnedFd, JailError> {
    let fail = |step: &str, reason: String| JailError::new(Layer::Landlock, step, std::io::Error::other(reason));
    if let Some(port) = port {
        let rule = NetPort::new(port, AccessNet::ConnectTcp);
        ruleset = ruleset.add_rule(rule).map_err(|error| fail("landlock_add_rule proxy", error.to_string()))?;
    }
    let fd: Option<OwnedFd> = ruleset.into();
    fd.ok_or_else(|| fail("landlock_create_ruleset", "the kernel gave no ruleset".into()))
}

/// The ruleset of a program for what these handles lead to; no TCP but to `port`.
pub(crate) fn build_of(opened: &[(OwnedFd, Use)], port: Option<u16>) -> Result<OwnedFd, JailError> {
    let fail = |step: &str, reason: String| JailError::new(Layer::Landlock, step, std::io::Error::other(reason));
    let abi = landlock_abi();
    if abi < MINIMUM_ABI {
        return Err(fail("landlock_create_ruleset", format!("interface version {abi}, needed {MINIMUM_ABI}")));
    }
    let mut ruleset = empty().map_err(|error| fail("landlock_create_ruleset", error.to_string()))?;
    for (handle, usage) in opened {
        let stat = rustix::fs::fstat(handle).map_err(|error| fail("fstat", error.to_string()))?;
        let is_directory = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
        // The kernel refuses rights of directories on a file.
        let rights = if is_directory { rights(usage) } else { rights(usage) & AccessFs::from_file(ABI::V6) };
        let rule = PathBeneath::new(handle.as_fd(), rights);
        ruleset = ruleset.add_rule(rule).map_err(|error| fail("landlock_add_rule", error.to_string()))?;
    }
    finish(ruleset, port)
}

/// Puts this thread, the only one, behind the ruleset for good.
#[expect(unsafe_code, reason = "the ruleset is a descriptor by now")]
pub(crate) fn enter(ruleset: &OwnedFd) -> Result<(), JailError> {
    // SAFETY: takes no pointer.
    let answer = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) };
    if answer == 0 {
        return Ok(());
    }
    Err(JailError::new(Layer::Landlock, "landlock_restrict_self", std::io::Error::last_os_error()))
}

fn empty() -> Result<RulesetCreated, RulesetError> {
    let abi = ABI::V6;
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()
}

fn rights(usage: &Use) -> BitFlags<AccessFs> {
    match usage {
        Use::Read => AccessFs::ReadFile | AccessFs::ReadDir,
        Use::Run => AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute,
        Use::List => AccessFs::ReadDir.into(),
        Use::ReadFile => AccessFs::ReadFile.into(),
        Use::Sink => AccessFs::ReadFile | AccessFs::WriteFile,
        Use::Scratch | Use::Files => {
            AccessFs::ReadFile
                | AccessFs::ReadDir
                | AccessFs::WriteFile
                | AccessFs::Truncate
                | AccessFs::MakeReg
                | AccessFs::MakeDir
                | AccessFs::MakeSym
                | AccessFs::RemoveFile
                | AccessFs::RemoveDir
                | AccessFs::Refer
        }
    }
}
