//! Suggestions for names that do not exist.

/// Suggestions at most.
const SUGGESTIONS: usize = 3;
/// How alike two names must be, 0 to 1.
pub const LIKENESS: f64 = 0.6;
/// How alike a name and its part are: `get_weather` and `weather_api__get_weather`.
const PART: f64 = 0.8;
/// Shortest part that counts, bytes.
const PART_MIN: usize = 3;
/// Longest name that is compared and shown, characters.
const NAME_MAX_CHARS: usize = 128;

/// The names most like `wanted`, best first.
pub fn names<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    best(candidates.map(|name| (likeness(wanted, name), name)))
}

/// The best of names that were scored from 0 to 1, best first; none below [`LIKENESS`].
pub fn best<'a>(scored: impl Iterator<Item = (f64, &'a str)>) -> Vec<&'a str> {
    let mut scored: Vec<_> = scored.filter(|(score, _)| *score >= LIKENESS).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(SUGGESTIONS).map(|(_, name)| name).collect()
}

/// How alike two names are, 0 to 1. A tool is also known by its bare name, without its server's.
pub fn likeness(wanted: &str, name: &str) -> f64 {
    let wanted: String = wanted.chars().take(NAME_MAX_CHARS).collect::<String>().to_lowercase();
    let whole = strsim::normalized_damerau_levenshtein(&wanted, name);
    let bare = name.rsplit_once("__").map_or(0.0, |(_, bare)| strsim::normalized_damerau_levenshtein(&wanted, bare));
    let part = if is_part(&wanted, name) || is_part(name, &wanted) { PART } else { 0.0 };
    whole.max(bare).max(part)
}

/// Whether `part` is some of the words of `name`.
fn is_part(part: &str, name: &str) -> bool {
    part.len() >= PART_MIN && format!("_{name}_").contains(&format!("_{part}_"))
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
    fn slips_are_recognised_and_strangers_are_not() {
        let all = ["weather_api__get_weather", "weather_api__get_forecast", "mail__send", "python_code", "server_id"];
        let cases = [
            ("weather_api__get_wether", Some(all[0])),
            ("get_weather", Some(all[0])),
            ("GET_FORECAST", Some(all[1])),
            ("snd", Some(all[2])),
            ("code", Some(all[3])),
            ("server", Some(all[4])),
            ("quite_something_else", None),
            ("id", None),
        ];
        for (wanted, nearest) in cases {
            assert_eq!(names(wanted, all.into_iter()).first().copied(), nearest, "{wanted}");
        }
    }
}
