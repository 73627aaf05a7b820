//! Packages of the index: resolving requirements to exact wheels, and installing exactly those. `uv` does the work as a
//! process of its own; wheels only, so nothing of a package runs here. Must never follow a URL or name that is not from a lock
//! or from the checked requirements, and never write outside the runtime directory.

mod index;
mod install;
mod manifest;
mod metadata;
mod osv;
mod resolve;
mod unused;
mod uv;

pub(crate) use install::{Installed, install};
pub(crate) use osv::Osv;
pub(crate) use resolve::resolve;
pub(crate) use unused::{remove, remove_left_behind, unused};
pub(crate) use uv::Uv;

use manifest::Manifest;

/// One line of text that may be shown: without the credentials of a URL.
fn without_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = after.find(['/', ' ', '`', '\'', '"', ')']).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        out.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn credentials_of_an_index_are_not_shown() {
        let cases = [
            ("failed `https://user:pass@index.example/simple/x/`", "failed `https://index.example/simple/x/`"),
            ("http://a@b/c and http://d:e@f", "http://b/c and http://f"),
            ("no url at all @ here", "no url at all @ here"),
        ];
        for (text, shown) in cases {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
