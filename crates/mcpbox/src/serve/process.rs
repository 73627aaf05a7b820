//! What Prometheus wants to know about any process, under the names that it knows: memory, descriptors, processor time; and the build.

use std::{fmt::Write, fs};

use mcpbox_core::clock::{Clock, SystemClock};
use rustix::process::{Resource, getrlimit};

/// The lines, in the OpenMetrics format without its end mark. What the system does not tell is left out.
pub(crate) fn metrics(role: &str) -> String {
    let mut text = String::new();
    let version = env!("CARGO_PKG_VERSION");
    text.push_str("# HELP mcpbox_build Which build this is.\n# TYPE mcpbox_build info\n");
    // Writing to a text cannot fail.
    let _ = writeln!(text, "mcpbox_build_info{{version=\"{version}\",role=\"{role}\"}} 1");
    let stat = Stat::read();
    let pages = rustix::param::page_size() as u64;
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let mut gauge = |name: &str, help: &str, unit: &str, value: Option<f64>| {
        let Some(value) = value else { return };
        let unit = if unit.is_empty() { String::new() } else { format!("# UNIT {name} {unit}\n") };
        let _ = write!(text, "# HELP {name} {help}.\n# TYPE {name} gauge\n{unit}{name} {value}\n");
    };
    let stat = stat.as_ref();
    gauge(
        "process_resident_memory_bytes",
        "Resident memory size in bytes",
        "bytes",
        stat.map(|stat| (stat.resident * pages) as f64),
    );
    gauge("process_virtual_memory_bytes", "Virtual memory size in bytes", "bytes", stat.map(|stat| stat.size as f64));
    gauge("process_open_fds", "Number of open file descriptors", "fds", open_files());
    let most = getrlimit(Resource::Nofile).current.map(|most| most as f64);
    gauge("process_max_fds", "Maximum number of open file descriptors", "fds", most);
    gauge("process_threads", "Number of threads", "threads", stat.map(|stat| stat.threads as f64));
    let started = stat.and_then(|stat| Some(boot_time()? + stat.start as f64 / ticks));
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds", "seconds", started);
    if let Some(stat) = stat {
        let name = "process_cpu_seconds";
        let value = stat.cpu as f64 / ticks;
        let _ = write!(
            text,
            "# HELP {name} Total user and system CPU time spent in seconds.\n# TYPE {name} counter\n# UNIT {name} seconds\n{name}_total {value}\n"
        );
    }
    text
}

/// Of `/proc/self/stat`.
struct Stat {
    cpu: u64,
    threads: u64,
    /// Ticks after the system's start.
    start: u64,
    size: u64,
    /// Pages.
    resident: u64,
}

impl Stat {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        // The name stands in parentheses and may hold anything.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu: field(14)? + field(15)?,
            threads: field(20)?,
            start: field(22)?,
            size: field(23)?,
            resident: field(24)?,
        })
    }
}

fn open_files() -> Option<f64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as f64)
}

/// When the system started, seconds since 1970.
fn boot_time() -> Option<f64> {
    let uptime: f64 = fs::read_to_string("/proc/uptime").ok()?.split_ascii_whitespace().next()?.parse().ok()?;
    Some(SystemClock.now().timestamp_micros() as f64 / 1e6 - uptime)
}
