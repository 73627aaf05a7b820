//! Hosts that a reviewer should know at sight: places made to collect data, names that pass for well-known ones, and
//! hosts of the own network.

use mcpbox_core::capability::HostRule;
use ruff_text_size::Ranged;

use crate::finding::Report;

/// Sites whose purpose is to take in whatever is sent, for anybody to read.
const DROPS: &[&str] = &[
    "0x0.st",
    "beeceptor.com",
    "bin.sh",
    "burpcollaborator.net",
    "canarytokens.com",
    "dpaste.org",
    "file.io",
    "hastebin.com",
    "hookbin.com",
    "interact.sh",
    "ix.io",
    "localtunnel.me",
    "ngrok.app",
    "ngrok.io",
    "ngrok-free.app",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "oastify.com",
    "paste.rs",
    "pastebin.com",
    "pipedream.net",
    "postb.in",
    "requestbin.com",
    "requestcatcher.com",
    "rentry.co",
    "serveo.net",
    "sprunge.us",
    "termbin.com",
    "transfer.sh",
    "trycloudflare.com",
    "webhook.site",
];

/// Sites that others like to pass for.
const BRANDS: &[&str] = &[
    "amazonaws.com",
    "anthropic.com",
    "apple.com",
    "atlassian.com",
    "bitbucket.org",
    "cloudflare.com",
    "discord.com",
    "dropbox.com",
    "facebook.com",
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "google.com",
    "googleapis.com",
    "microsoft.com",
    "notion.com",
    "npmjs.org",
    "office.com",
    "openai.com",
    "open-meteo.com",
    "openweathermap.org",
    "paypal.com",
    "pypi.org",
    "slack.com",
    "spotify.com",
    "stripe.com",
    "telegram.org",
    "todoist.com",
    "twilio.com",
    "wikipedia.org",
];

/// Second-level names under which sites are registered.
const SHARED: &[&str] = &["ac", "co", "com", "edu", "gov", "net", "or", "org"];

/// Reports a host that collects data or passes for another.
pub(crate) fn check(rule: &HostRule, at: impl Ranged, report: &mut Report) {
    let host = rule.host.as_str();
    if DROPS.iter().any(|drop| is_within(host, drop)) {
        let message = format!("`{host}` is a place to drop data, where others can read it");
        report.danger("drop_host", at.range(), message, "Send data only to the service that the tool is for.");
    }
    if let Some(brand) = passed_for(host) {
        let message = format!("`{host}` reads like {brand}, but belongs to {}", site(host));
        report.danger("misleading_host", at.range(), message, "Use the host that the service documents.");
    }
}

/// The part of a host that somebody registers: `api.x.co.uk` → `x.co.uk`; an address stands for itself.
pub(crate) fn site(host: &str) -> &str {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return host;
    }
    let mut dots = host.rmatch_indices('.').map(|(index, _)| index);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return host };
    let middle = host.get(second + 1..last).unwrap_or_default();
    let cut = if SHARED.contains(&middle) && host.len() - last == 3 { dots.next() } else { Some(second) };
    cut.and_then(|cut| host.get(cut + 1..)).unwrap_or(host)
}

/// Whether a host is of the own network: a private address, a name without a dot, or under a name kept for that.
pub(crate) fn is_local(host: &str) -> bool {
    match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        Ok(std::net::IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
        Err(_) => {
            !host.contains('.')
                || [".lan", ".local", ".home", ".home.arpa", ".internal", ".intranet", ".localdomain"]
                    .iter()
                    .any(|end| host.ends_with(end))
        }
    }
}

fn is_within(host: &str, site: &str) -> bool {
    host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn passed_for(host: &str) -> Option<&'static str> {
    if BRANDS.iter().any(|brand| is_within(host, brand)) {
        return None;
    }
    let own = site(host);
    BRANDS.iter().copied().find(|brand| {
        let (name, _) = brand.split_once('.').unwrap_or((brand, ""));
        let within = format!(".{host}").contains(&format!(".{brand}."));
        let dashed = host.contains(&brand.replace('.', "-"));
        within || dashed || (name.len() >= 6 && own.len().abs_diff(brand.len()) <= 1 && is_one_slip(own, brand))
    })
}

/// Whether two different words are one wrong, missing, added or swapped letter apart.
pub(crate) fn is_one_slip(left: &str, right: &str) -> bool {
    if left == right {
        return false;
    }
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let same = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let rest = |text: &[u8], skip: usize| text.get(same + skip..).map(<[u8]>::to_vec);
    let swapped = matches!((left.get(same..same + 2), right.get(same..same + 2)), (Some([a, b]), Some([c, d])) if a == d && b == c);
    let equal = |a: Option<Vec<u8>>, b: Option<Vec<u8>>| a.is_some() && a == b;
    equal(rest(left, 1), rest(right, 1))
        || equal(rest(left, 1), rest(right, 0))
        || equal(rest(left, 0), rest(right, 1))
        || (swapped && equal(rest(left, 2), rest(right, 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_pass_for_others_are_known() {
        for (host, brand) in [
            ("api.github.com", None),
            ("githubstatus.com", None),
            ("api.githud.com", Some("github.com")),
            ("gihtub.com", Some("github.com")),
            ("gitlab.com", None),
            ("api.github.com.mirror.net", Some("github.com")),
            ("github-com.mirror.net", Some("github.com")),
            ("openai.co", Some("openai.com")),
            ("example.org", None),
        ] {
            assert_eq!(passed_for(host), brand, "{host}");
        }
    }

    #[test]
    fn a_site_is_what_somebody_registers() {
        for (host, expected) in [
            ("api.open-meteo.com", "open-meteo.com"),
            ("a.b.co.uk", "b.co.uk"),
            ("b.co.uk", "b.co.uk"),
            ("nas", "nas"),
            ("nas.lan", "nas.lan"),
            ("10.0.0.7", "10.0.0.7"),
        ] {
            assert_eq!(site(host), expected);
        }
        for (host, local) in [
            ("nas.lan", true),
            ("10.0.0.7", true),
            ("fd00::1", true),
            ("8.8.8.8", false),
            ("x.de", false),
            ("nas", true),
        ] {
            assert_eq!(is_local(host), local, "{host}");
        }
    }
}
