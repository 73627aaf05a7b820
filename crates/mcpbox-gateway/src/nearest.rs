//! Finds the management tool that was probably meant by a name that does not exist: by its letters, and by its words,
//! since who guesses a name guesses another verb for the same thing.

use mcpbox_catalog::nearest;

use crate::tools::MANAGEMENT_PREFIX;

/// Words for what the words of the management tools say.
const SAME: &[(&str, &[&str])] = &[
    ("call", &["execute", "invoke", "run", "use"]),
    ("create", &["add", "build", "define", "make", "new", "register", "write"]),
    ("delete", &["destroy", "drop", "erase", "remove"]),
    ("get", &["describe", "fetch", "inspect", "read", "show", "view"]),
    ("host", &["hosts", "network"]),
    ("logs", &["history", "log", "runs"]),
    ("module", &["dependency", "import", "install", "library", "package"]),
    ("network", &["access", "domain", "host", "internet", "url"]),
    ("pending", &["open", "waiting"]),
    ("publish", &["approval", "approve", "deploy", "release", "review", "submit"]),
    ("requests", &["approvals", "reviews"]),
    ("rollback", &["restore", "revert", "undo"]),
    ("run", &["eval", "execute", "script"]),
    ("search", &["discover", "find", "lookup", "query"]),
    ("secret", &["credential", "key", "password", "token"]),
    ("start", &["enable", "launch", "resume"]),
    ("status", &["progress", "state"]),
    ("stop", &["disable", "pause"]),
    ("test", &["debug", "dry", "try"]),
    ("update", &["change", "edit", "fix", "mend", "modify", "patch", "rename", "replace", "set"]),
    ("validate", &["analyse", "analyze", "check", "lint", "parse", "verify"]),
];
/// Words that hardly tell one tool from another.
const COMMON: &[&str] = &["a", "code", "for", "my", "of", "server", "the", "tool", "to"];
const COMMON_WEIGHT: f64 = 0.3;
const SAME_LIKENESS: f64 = 0.9;
/// Words say more than letters.
const LETTERS: f64 = 0.9;
/// From here on two words are one and a slip.
const SPELLING_LIKENESS: f64 = 0.7;

/// How alike `wanted` and the name of a management tool are, 0 to 1.
pub(crate) fn likeness(wanted: &str, name: &str) -> f64 {
    let bare = |name: &str| name.trim_start_matches(MANAGEMENT_PREFIX).to_lowercase();
    let (wanted, name) = (bare(wanted), bare(name));
    (LETTERS * nearest::likeness(&wanted, &name)).max(by_words(&wanted, &name))
}

/// How much of each one's words is said by the other.
fn by_words(wanted: &str, name: &str) -> f64 {
    let words = |text: &str| text.split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (wanted, name) = (words(wanted), words(name));
    f64::midpoint(said(&wanted, &name), said(&name, &wanted))
}

fn said(words: &[String], by: &[String]) -> f64 {
    let weight = |word: &String| if COMMON.contains(&word.as_str()) { COMMON_WEIGHT } else { 1.0 };
    let best = |word: &String| by.iter().map(|other| word_likeness(word, other)).fold(0.0, f64::max);
    let all: f64 = words.iter().map(weight).sum();
    if all > 0.0 { words.iter().map(|word| weight(word) * best(word)).sum::<f64>() / all } else { 0.0 }
}

fn word_likeness(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    let means = |a: &str, b: &str| SAME.iter().any(|(word, same)| *word == b && same.contains(&a));
    if means(one, other) || means(other, one) {
        return SAME_LIKENESS;
    }
    Some(strsim::normalized_damerau_levenshtein(one, other)).filter(|score| *score >= SPELLING_LIKENESS).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_that_was_meant_is_named() {
        let cases = [
            ("mcpbox_creat_tool", "mcpbox_create_tool"),
            ("mcpbox_make_tool", "mcpbox_create_tool"),
            ("mcpbox_new_tool", "mcpbox_create_tool"),
            ("create_tool", "mcpbox_create_tool"),
            ("mcpbox_make_server", "mcpbox_create_server"),
            ("mcpbox_add_server", "mcpbox_create_server"),
            ("mcpbox_edit_tool", "mcpbox_update_tool"),
            ("mcpbox_remove_tool", "mcpbox_delete_tool"),
            ("mcpbox_run_tool", "mcpbox_call_tool"),
            ("mcpbox_execute_code", "mcpbox_run_code"),
            ("mcpbox_try_code", "mcpbox_test_code"),
            ("mcpbox_test_tool", "mcpbox_test_code"),
            ("mcpbox_check_code", "mcpbox_validate_code"),
            ("mcpbox_publish_tool", "mcpbox_request_publish"),
            ("mcpbox_submit_for_review", "mcpbox_request_publish"),
            ("mcpbox_request_package", "mcpbox_request_module"),
            ("mcpbox_request_host", "mcpbox_request_network_access"),
            ("mcpbox_add_secret", "mcpbox_create_server_secret"),
            ("mcpbox_find_tools", "mcpbox_search_tools"),
            ("mcpbox_show_tool", "mcpbox_get_tool"),
            ("mcpbox_tool_status", "mcpbox_get_tool_status"),
            ("mcpbox_revert_tool", "mcpbox_rollback_tool"),
            ("mcpbox_list_tool", "mcpbox_list_tools"),
        ];
        let nearest_to = |wanted: &str| {
            nearest::best(crate::tools::all().map(|one| (likeness(wanted, one.name), one.name))).first().copied()
        };
        for (wanted, meant) in cases {
            assert_eq!(nearest_to(wanted), Some(meant), "{wanted}");
        }
        assert_eq!(nearest_to("mcpbox_zzzz"), None);
        assert_eq!(nearest_to("weather_api__get_weather"), None);
    }
}
