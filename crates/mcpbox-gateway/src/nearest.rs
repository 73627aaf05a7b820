//! Finds what was probably meant by a name that does not exist.

/// The `limit` names most alike to `wanted`, best first; none that is not at all alike.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> =
        names.map(|name| (likeness(&wanted, name), name)).filter(|(score, _)| *score > 0.6).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(limit).map(|(_, name)| name).collect()
}

fn likeness(wanted: &str, name: &str) -> f64 {
    let whole = strsim::normalized_damerau_levenshtein(wanted, name);
    let bare = name.rsplit_once("__").map_or(0.0, |(_, tool)| strsim::normalized_damerau_levenshtein(wanted, tool));
    let part = if wanted.len() >= 3 && (name.contains(wanted) || wanted.contains(name)) { 0.8 } else { 0.0 };
    whole.max(bare).max(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let names = ["mcpbox_create_tool", "mcpbox_create_server", "weather__get_weather", "maths__add"];
        let one = |wanted| nearest(wanted, names.into_iter(), 1).first().copied();
        assert_eq!(one("mcpbox_creat_tool"), Some("mcpbox_create_tool"));
        assert_eq!(one("create_tool"), Some("mcpbox_create_tool"));
        assert_eq!(one("get_wether"), Some("weather__get_weather"));
        assert_eq!(one("Maths__Add"), Some("maths__add"));
        assert_eq!(one("zzzz"), None);
    }
}
