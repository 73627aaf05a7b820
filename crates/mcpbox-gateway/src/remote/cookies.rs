//! The cookies of a login: for this host alone where browsers reach it encrypted, and never seen by scripts.

use http::{HeaderMap, HeaderValue, header};

use super::Remote;

fn full(remote: &Remote, name: &str) -> String {
    let prefix = if remote.is_https() { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// `Set-Cookie` for `seconds`; `same_site` is `Strict` or `Lax`.
pub(super) fn write(
    remote: &Remote,
    name: &str,
    value: &str,
    (seconds, same_site): (u32, &str),
) -> Option<HeaderValue> {
    let secure = if remote.is_https() { "; Secure" } else { "" };
    let name = full(remote, name);
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// What the browser sent.
pub(super) fn read<'h>(remote: &Remote, headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let name = full(remote, name);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    ours.find(|(given, _)| *given == name).map(|(_, value)| value)
}
