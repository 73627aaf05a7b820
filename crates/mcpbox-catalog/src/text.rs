//! Texts written by an LLM are attack surface: descriptions are capped, and characters that nobody sees or that turn
//! the reading direction are refused in them and marked wherever a human reads code.

use mcpbox_core::{
    failure::{Failure, FailureKind},
    tool::DESCRIPTION_MAX_CHARS,
};

/// Longest note, justification or comment, characters.
const REMARK_MAX_CHARS: usize = 2_000;

/// A description that may be stored: trimmed, capped, nothing hidden in it.
pub(crate) fn description(text: &str) -> Result<String, Failure> {
    checked("description", text, DESCRIPTION_MAX_CHARS)
}

/// Notes, a justification or a comment that may be stored. `what` names it in the refusal.
pub(crate) fn remark(what: &str, text: &str) -> Result<String, Failure> {
    checked(what, text, REMARK_MAX_CHARS)
}

fn checked(what: &str, text: &str, max_chars: usize) -> Result<String, Failure> {
    let text = text.trim();
    let length = text.chars().count();
    if length > max_chars {
        let message = format!("the {what} has {length} characters; at most {max_chars} are allowed");
        let failure = Failure::new(FailureKind::InvalidArguments, message).argument(what);
        return Err(failure.hint("say it in fewer words"));
    }
    match first_hidden(text) {
        None => Ok(text.to_owned()),
        Some((position, hidden)) => {
            let message = format!(
                "the {what} has the invisible or direction-changing character U+{:04X} at position {position}",
                u32::from(hidden)
            );
            Err(Failure::new(FailureKind::InvalidArguments, message)
                .argument(what)
                .hint("leave it out: people must see what they approve"))
        }
    }
}

/// The text with hidden characters written as `<U+200B>`; none when there is nothing hidden.
pub(crate) fn marked(text: &str) -> Option<String> {
    first_hidden(text)?;
    let mut marked = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for character in text.chars() {
        if is_hidden(before, character) {
            marked.push_str(&format!("<U+{:04X}>", u32::from(character)));
        } else {
            marked.push(character);
        }
        before = character;
    }
    Some(marked)
}

fn first_hidden(text: &str) -> Option<(usize, char)> {
    let mut before = ' ';
    for (position, character) in text.chars().enumerate() {
        if is_hidden(before, character) {
            return Some((position + 1, character));
        }
        before = character;
    }
    None
}

/// Whether a reader would not see `character`, or see what follows in another order. One emoji selector after a
/// character that is not ASCII is how many clients write emoji, and is fine.
fn is_hidden(before: char, character: char) -> bool {
    match character {
        '\n' | '\t' | '\r' => false,
        '\u{fe0f}' => before.is_ascii() || ('\u{fe00}'..='\u{fe0f}').contains(&before),
        _ => {
            character.is_control()
                || matches!(u32::from(character),
                    0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
                    | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0e | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
                    | 0x1_bca0..=0x1_bca3 | 0x1_d173..=0x1_d17a | 0xe_0000..=0xe_0fff)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_characters_are_refused_and_visible_ones_are_not() {
        for good in ["", "Says hello.", "Grüße aus Köln\n\t– 東京 ⚠️", "שלום"] {
            assert_eq!(description(good).unwrap(), good.trim(), "{good:?}");
        }
        for bad in ["a\u{200b}b", "a\u{202e}b", "x\u{fe0f}", "⚠\u{fe0f}\u{fe0f}", "a\u{e0041}", "a\u{7}", "a\u{feff}b"]
        {
            assert_eq!(description(bad).unwrap_err().kind, FailureKind::InvalidArguments, "{bad:?}");
        }
        assert!(description(&"ä".repeat(DESCRIPTION_MAX_CHARS)).is_ok());
        assert!(description(&"ä".repeat(DESCRIPTION_MAX_CHARS + 1)).is_err());
    }

    proptest! {
        #[test]
        fn a_marked_text_has_nothing_hidden(text in any::<String>()) {
            match marked(&text) {
                None => prop_assert!(first_hidden(&text).is_none()),
                Some(marked) => prop_assert!(first_hidden(&marked).is_none()),
            }
        }
    }
}
