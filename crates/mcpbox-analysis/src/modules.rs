//! Which modules there are and what importing one needs. The default list is shared with the sandbox and the tool
//! `mcpbox_get_server_modules`.

mod lists;

use std::{collections::HashSet, sync::LazyLock};

use mcpbox_core::server::CodePolicy;

use self::lists::{DISTRIBUTIONS, PRIVATE, STDLIB, SUBMODULES};
use crate::ImportStatus;

/// Modules that every tool may import. Submodules stand by themselves: a parent does not open its children.
const DEFAULT: &[&str] = &[
    "__future__",
    "abc",
    "asyncio",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "collections.abc",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "html.entities",
    "html.parser",
    "httpx",
    "ipaddress",
    "itertools",
    "json",
    "json.decoder",
    "math",
    "operator",
    "random",
    "re",
    "regex",
    "secrets",
    "statistics",
    "string",
    "textwrap",
    "time",
    "types",
    "typing",
    "typing_extensions",
    "tzdata",
    "unicodedata",
    "urllib.parse",
    "uuid",
    "xml.etree.ElementTree",
    "zoneinfo",
];

/// Packages of the base environment.
const BASE_PACKAGES: &[&str] = &["httpx", "regex", "typing_extensions", "tzdata"];

/// Modules that no grant opens under the strict policy, and their equals by another name. Children are included.
const NEVER: &[&str] = &[
    "asyncio.base_subprocess",
    "asyncio.subprocess",
    "asyncio.unix_events",
    "atexit",
    "bdb",
    "builtins",
    "cProfile",
    "code",
    "codeop",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "concurrent.interpreters",
    "ctypes",
    "dis",
    "faulthandler",
    "fcntl",
    "gc",
    "imp",
    "importlib",
    "inspect",
    "linecache",
    "marshal",
    "mmap",
    "modulefinder",
    "multiprocessing",
    "nt",
    "opcode",
    "os",
    "pdb",
    "pickle",
    "pickletools",
    "pkgutil",
    "posix",
    "profile",
    "pty",
    "py_compile",
    "pydoc",
    "resource",
    "runpy",
    "select",
    "selectors",
    "shelve",
    "signal",
    "site",
    "socket",
    "socketserver",
    "subprocess",
    "symtable",
    "sys",
    "sysconfig",
    "threading",
    "timeit",
    "trace",
    "traceback",
    "tracemalloc",
    "tty",
    "weakref",
    "zipimport",
];

/// The modules that every tool may import, sorted.
pub fn default_modules() -> &'static [&'static str] {
    DEFAULT
}

/// Whether a dotted name belongs to the standard library of CPython 3.11 to 3.14.
pub fn is_stdlib(module: &str) -> bool {
    let top = top_level(module);
    STDLIB_NAMES.contains(top) || is_private_stdlib(top)
}

/// Whether no grant opens the module under the strict policy.
pub fn is_never(module: &str) -> bool {
    let is_child =
        |parent: &&str| module.strip_prefix(*parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    NEVER.iter().any(is_child) || is_private_stdlib(top_level(module))
}

/// Whether every tool has this package, by the name of its module.
pub fn is_base_package(module: &str) -> bool {
    BASE_PACKAGES.contains(&top_level(module))
}

/// What importing a module needs.
pub(crate) fn status(module: &str, policy: CodePolicy) -> ImportStatus {
    let is_public = !module.split('.').any(|part| part.starts_with('_'));
    let is_base = is_public && BASE_PACKAGES.contains(&top_level(module));
    let is_stdlib = is_stdlib(module);
    match policy {
        _ if DEFAULT.contains(&module) || is_base => ImportStatus::Allowed,
        CodePolicy::Standard if is_stdlib => ImportStatus::Allowed,
        CodePolicy::Strict if is_never(module) => ImportStatus::Never,
        CodePolicy::Strict if is_stdlib => ImportStatus::NeedsGrant,
        _ => ImportStatus::Package,
    }
}

/// The part before the first dot.
pub(crate) fn top_level(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// The name under which a package index knows the package of a module; the module's own name where none is known.
pub fn distribution(module: &str) -> &str {
    known_distribution(module).unwrap_or_else(|| top_level(module))
}

/// The package of a module that is called otherwise than its package (`yaml` → `pyyaml`).
pub fn known_distribution(module: &str) -> Option<&'static str> {
    let top = top_level(module);
    DISTRIBUTIONS.iter().find(|(name, _)| *name == top).map(|(_, distribution)| *distribution)
}

/// The module of a package that is called otherwise (`pyyaml` → `yaml`).
pub fn known_module(package: &str) -> Option<&'static str> {
    DISTRIBUTIONS.iter().find(|(_, distribution)| *distribution == package).map(|(module, _)| *module)
}

/// Whether `from package import name` imports a submodule of the standard library.
pub(crate) fn is_submodule(package: &str, name: &str) -> bool {
    SUBMODULES.iter().any(|(parent, children)| *parent == package && children.split(' ').any(|child| child == name))
}

/// Whether an attribute of a module is another module that the policy keeps away (`random._os`, `asyncio.sys`).
pub(crate) fn is_leaked_module(attribute: &str) -> bool {
    let bare = attribute.trim_start_matches('_');
    let is_module = is_stdlib(bare) || bare == "posixsubprocess" || bare == "collections_abc";
    is_module && !DEFAULT.contains(&bare) && !matches!(bare, "array" | "code" | "email" | "html" | "token" | "xml")
}

static STDLIB_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| STDLIB.split_ascii_whitespace().collect());
static PRIVATE_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| PRIVATE.split_ascii_whitespace().collect());

fn is_private_stdlib(top: &str) -> bool {
    PRIVATE_NAMES.contains(top)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_list_is_sorted_and_holds_nothing_forbidden() {
        assert!(DEFAULT.is_sorted());
        for module in DEFAULT {
            assert!(!is_never(module), "{module}");
            assert!(is_stdlib(module) || BASE_PACKAGES.contains(module), "{module}");
        }
        assert!(NEVER.iter().all(|module| is_stdlib(module)));
    }

    #[test]
    fn the_status_of_a_module_follows_its_list_and_the_policy() {
        use ImportStatus::{Allowed, NeedsGrant, Never, Package};
        let cases = [
            ("json", Allowed, Allowed),
            ("urllib.parse", Allowed, Allowed),
            ("urllib.request", NeedsGrant, Allowed),
            ("xml.etree.ElementTree", Allowed, Allowed),
            ("xml.dom.minidom", NeedsGrant, Allowed),
            ("logging", NeedsGrant, Allowed),
            ("os", Never, Allowed),
            ("os.path", Never, Allowed),
            ("_socket", Never, Allowed),
            ("asyncio.subprocess", Never, Allowed),
            ("httpx", Allowed, Allowed),
            ("httpx._client", Package, Package),
            ("pandas", Package, Package),
            ("oslo.config", Package, Package),
        ];
        for (module, strict, standard) in cases {
            assert_eq!(status(module, CodePolicy::Strict), strict, "{module}");
            assert_eq!(status(module, CodePolicy::Standard), standard, "{module}");
        }
    }
}
