//! Suggestions for names that do not exist.

/// Suggestions at most.
const SUGGESTIONS: usize = 3;
/// How alike two names must be, 0 to 1.
const LIKENESS: f64 = 0.6;
/// Longest name that is compared and shown, characters.
const NAME_MAX_CHARS: usize = 128;

/// The names most like `wanted`, best first. Each candidate is a full name and the bare name it may be known by.
pub(crate) fn names<'a>(wanted: &str, candidates: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<&'a str> {
    let wanted: String = wanted.chars().take(NAME_MAX_CHARS).collect::<String>().to_lowercase();
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(&wanted, name);
    let mut scored: Vec<(f64, &str)> = candidates
        .map(|(full, bare)| (likeness(full).max(likeness(bare)), full))
        .filter(|(score, _)| *score >= LIKENESS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(SUGGESTIONS).map(|(_, name)| name).collect()
}

/// The hint: the nearest names, or what else to do.
pub(crate) fn hint(near: &[&str], otherwise: &str) -> String {
    if near.is_empty() { otherwise.to_owned() } else { format!("did you mean {}?", near.join(", ")) }
}

/// A name as it may stand in a message.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(NAME_MAX_CHARS).filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_finds_its_neighbours() {
        let all = ["weather_api__get_weather", "weather_api__get_forecast", "mail__send"];
        let pairs = || all.into_iter().map(|name| (name, name.split_once("__").unwrap().1));
        let cases = [
            ("weather_api__get_wether", Some(all[0])),
            ("get_weather", Some(all[0])),
            ("GET_FORECAST", Some(all[1])),
            ("snd", Some(all[2])),
            ("quite_something_else", None),
        ];
        for (wanted, nearest) in cases {
            assert_eq!(names(wanted, pairs()).first().copied(), nearest, "{wanted}");
        }
    }
}
