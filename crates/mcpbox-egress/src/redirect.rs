//! Where a redirect leads. Each target is a request of its own, checked like the first; this file only decides what it
//! looks like (RFC 9110, 15.4, and what browsers do) and what must not travel with it.

use bytes::Bytes;

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
    hop::Hop,
    reply::Reply,
    secrets::Vault,
};

/// A redirect's target.
pub(crate) struct Next {
    /// The request that it leads to.
    pub(crate) hop: Hop,
    /// Why it is not sent, whatever is granted.
    pub(crate) refusal: Option<FetchError>,
}

/// Where the answer leads, or None when it is no redirect that can be followed.
pub(crate) fn next(hop: &Hop, reply: &Reply, vault: &Vault) -> Result<Option<Next>, FetchError> {
    if !matches!(reply.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = reply.header("location") else { return Ok(None) };
    let destination = target(hop, location)?;
    let (method, keeps_body) = method_after(reply.status, &hop.method);
    let allowed = check_downgrade(&hop.destination, &destination)
        .and_then(|()| vault.check_echo(location, &destination, &method));
    let mut headers = hop.headers.clone();
    if !keeps_body {
        headers.retain(|(name, _)| !name.starts_with("content-"));
    }
    if !destination.is_same_origin(&hop.destination) {
        headers.retain(|(name, value)| may_cross_origin(name, value, vault, &destination, &method));
    }
    let body = if keeps_body { hop.body.clone() } else { Bytes::new() };
    Ok(Some(Next { hop: Hop { method, destination, headers, body }, refusal: allowed.err() }))
}

/// Reads the target. The base holds placeholders, not values.
fn target(hop: &Hop, location: &str) -> Result<Destination, FetchError> {
    let refuse = |why: &str| {
        FetchError::new(
            FetchErrorKind::Protocol,
            format!("{} redirects to where nobody may go: {why}", hop.destination.host),
        )
    };
    if location.chars().any(|c| c.is_control() || c == '\\') {
        return Err(refuse("the target holds control characters or backslashes"));
    }
    let location = location.trim();
    let joined = hop.destination.url.join(location).map_err(|error| refuse(&error.to_string()))?;
    Destination::parse(joined.as_str()).map_err(|error| refuse(&error.message))
}

/// Refuses a step from TLS to plain text.
fn check_downgrade(from: &Destination, to: &Destination) -> Result<(), FetchError> {
    if from.is_tls && !to.is_tls {
        let message = format!(
            "{} redirects from https to plain http; this is refused. If the http URL is really meant, fetch it in the first place",
            from.host
        );
        return Err(FetchError::denied(&to.host, to.port, message));
    }
    Ok(())
}

/// The method and whether the body stays.
fn method_after(status: u16, method: &str) -> (String, bool) {
    match (status, method) {
        (303, "HEAD") => ("HEAD".to_owned(), false),
        (303, _) | (301 | 302, "POST") => ("GET".to_owned(), false),
        _ => (method.to_owned(), true),
    }
}

/// Credentials stay with the origin they were meant for.
fn may_cross_origin(name: &str, value: &str, vault: &Vault, to: &Destination, method: &str) -> bool {
    !matches!(name, "authorization" | "cookie" | "proxy-authorization")
        && !vault.has_unbound(value, to, method)
        && !vault.scrub_all().is_in(value.as_bytes())
}

/// The error for a chain that does not end.
pub(crate) fn too_many(limit: usize) -> FetchError {
    FetchError::new(
        FetchErrorKind::Protocol,
        format!("the host redirects more than {limit} times; fetch the final URL itself"),
    )
}
