//! How much a text looks like random characters.

/// Bits of information per byte, from 0 to 8.
pub(super) fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = text.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|p| -p * p.log2()).sum()
}

/// Whether a text has letters and digits mixed as no word or name has.
pub(super) fn is_random(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let parts = text.split(['_', '-', '.', '/', ' ', ':']);
    let is_word = |part: &str| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.bytes().all(|byte| byte.is_ascii_alphabetic()) || part.bytes().all(|byte| byte.is_ascii_digit())
    };
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && !parts.into_iter().all(is_word) && bits(text) > 2.5
}

/// Whether a long text is nothing but random characters: no words, no address, no alphabet.
pub(super) fn is_blob(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    text.len() >= 40 && text.chars().all(is_plain) && !has_alphabet(text) && bits(text) >= 4.5
}

/// Eight characters in their order: an alphabet, not data.
fn has_alphabet(text: &str) -> bool {
    let steps = text.bytes().zip(text.bytes().skip(1));
    let mut run = 0;
    steps.into_iter().any(|(a, b)| {
        run = if b == a.wrapping_add(1) { run + 1 } else { 0 };
        run >= 7
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_texts_are_told_from_names() {
        for (text, random) in [
            ("Winter2024!nas", true),
            ("b6907d289e10d714a6e88b30761fae22", true),
            ("next_page_token", false),
            ("token_v2", false),
            ("2022-11-28", false),
            ("application/vnd.github+json", false),
            ("sensor.kitchen_2", false),
        ] {
            assert_eq!(is_random(text), random, "{text}");
        }
        assert!(!is_blob("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"));
        assert!(is_blob("kJ8vQz1XwT5bNf0RyLm3HsUc7PdGaEiV9oKxB2tWqZnC4jYgMhD6rSlFeAuOIp"));
    }
}
