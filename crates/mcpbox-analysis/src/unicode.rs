//! What a reviewer would not see: invisible and direction-changing characters, look-alike letters, encoded blobs, code
//! far to the right.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::{Ranged, TextRange, TextSize};
use unicode_normalization::UnicodeNormalization;

use crate::{Severity, finding::Report, source::Source};

/// Longest line that a reviewer reads, characters.
const LONG_LINE: usize = 500;
/// Spaces in a row, within a line, that push code out of sight.
const HIDING_SPACES: usize = 80;
/// Length from which a text in a base64 or hex alphabet counts as a blob.
const BLOB: usize = 400;

/// Checks the text as a reader sees it.
pub(crate) fn check(source: &Source<'_>, tokens: &[Token], report: &mut Report) {
    check_lines(source, report);
    check_line_ends(source.text, report);
    for token in tokens {
        let start = token.start().to_usize();
        let text = source.text.get(start..token.end().to_usize()).unwrap_or_default();
        match token.kind() {
            TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle => check_text(text, start, report),
            TokenKind::Name if !text.is_ascii() => check_identifier(text, token.range(), report),
            _ => {}
        }
    }
    check_outside_texts(source.text, tokens, report);
}

/// A carriage return alone ends the line for Python, and with it a comment; on a page the line goes on.
fn check_line_ends(text: &str, report: &mut Report) {
    let alone = |(index, _): &(usize, &str)| text.as_bytes().get(index + 1) != Some(&b'\n');
    if let Some((index, _)) = text.match_indices('\r').find(alone) {
        let message = "a carriage return without a line feed ends this line for Python, but not for who reads it";
        report.error("invisible_character", place(index, 0), message, "End lines with a line feed.");
    }
}

fn check_lines(source: &Source<'_>, report: &mut Report) {
    for (start, line) in source.lines() {
        if line.len() > LONG_LINE && line.chars().count() > LONG_LINE {
            report.warning(
                "long_line",
                place(start, 0),
                "this line is too long to be read",
                "Break it into lines of up to 120 characters.",
            );
        }
        let body = line.trim();
        let spaces = &" ".repeat(HIDING_SPACES);
        if line.len() > HIDING_SPACES
            && let Some(index) = body.find(spaces.as_str())
        {
            let indentation = line.len() - line.trim_start().len();
            report.warning(
                "hidden_code",
                place(start, indentation + index),
                "this line goes on far to the right",
                "Put statements on lines of their own.",
            );
        }
    }
}

/// Characters within a string literal.
fn check_text(text: &str, start: usize, report: &mut Report) {
    if !text.is_ascii() {
        let mut previous = ' ';
        for (index, c) in text.char_indices() {
            let joins_emoji = matches!(c, '\u{200d}' | '\u{fe0f}') && !previous.is_alphanumeric();
            if let Some(what) = unseen(c).filter(|_| !joins_emoji) {
                let message = format!("this text holds {what} (U+{:04X})", u32::from(c));
                // What turns the direction makes a reader see other code than runs.
                let severity = if turns(c) { Severity::Danger } else { Severity::Warning };
                let hint = "Write it as an escape: \"\\u200b\".";
                report.add(severity, "invisible_character", place(start, index), message, hint);
            }
            previous = c;
        }
    }
    let is_blob = |c: u8| {
        c.is_ascii_alphanumeric()
            || matches!(c, b'+' | b'/' | b'=' | b'-' | b'_' | b'\\' | b'\n' | b'\r' | b'"' | b'\'')
    };
    if text.len() >= BLOB && text.bytes().all(is_blob) && text.bytes().any(|c| c.is_ascii_digit()) {
        report.warning(
            "encoded_blob",
            place(start, 0),
            "this text looks like encoded data that nobody can review",
            "Write data in plain form, or fetch it.",
        );
    }
}

/// Characters outside string literals: code and comments.
fn check_outside_texts(text: &str, tokens: &[Token], report: &mut Report) {
    let mut texts = tokens.iter().filter(|token| {
        matches!(token.kind(), TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle)
    });
    let mut next = texts.next();
    for (index, c) in text.char_indices() {
        if matches!(c, ' '..='~' | '\n' | '\r' | '\t') {
            continue;
        }
        while next.is_some_and(|token| token.end().to_usize() <= index) {
            next = texts.next();
        }
        let is_in_text = next.is_some_and(|token| token.start().to_usize() <= index);
        let is_mark = c == '\u{feff}' && index == 0;
        let what = unseen(c).or_else(|| (c.is_control() && c != '\u{c}').then_some("a control character"));
        if let Some(what) = what.filter(|_| !is_in_text && !is_mark) {
            let message = format!("the code holds {what} (U+{:04X})", u32::from(c));
            report.error("invisible_character", place(index, 0), message, "Remove it.");
        }
    }
}

fn check_identifier(name: &str, at: TextRange, report: &mut Report) {
    let normal: String = name.nfkc().collect();
    if normal != name {
        let message = format!("Python reads this name as `{normal}`");
        report.error("disguised_name", at, message, "Write the name with plain letters.");
    } else if name.chars().any(is_lookalike) {
        let message = format!("the name `{name}` holds letters that look like Latin ones");
        report.warning("lookalike_name", at, message, "Write names with the letters a to z.");
    }
}

/// Whether a character turns the direction of what follows, unlike a mark that only says which it has.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a character is, when a reader does not see it.
fn unseen(c: char) -> Option<&'static str> {
    match c {
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a character that changes the direction of text")
        }
        '\u{00ad}'
        | '\u{034f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some("an invisible character"),
        _ => None,
    }
}

/// Letters of other scripts that are drawn like Latin ones, and those.
const LOOKALIKES: &str = "аеорсухіјѕԁԛԝһӏАВЕКМНОРСТУХІЈЅαονρυιΑΒΕΖΗΙΚΜΝΟΡΤΥΧօոսհցքաᴀᴏｏ";
const LATIN: &str = "aeopcyxijsdqwhlABEKMHOPCTYXIJSaovpuiABEZHIKMNOPTYXonuhgqaaoo";

fn is_lookalike(c: char) -> bool {
    LOOKALIKES.contains(c)
}

/// A character as a reader takes it, in lower case; none for one that nobody sees.
pub(crate) fn folded(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c.to_ascii_lowercase());
    }
    if unseen(c).is_some() {
        return None;
    }
    let latin = LOOKALIKES.chars().zip(LATIN.chars()).find(|(like, _)| *like == c).map(|(_, latin)| latin);
    Some(latin.or_else(|| c.nfkc().next()).unwrap_or(c).to_ascii_lowercase())
}

/// Whether a text has a word of Latin letters and such that only look so.
pub(crate) fn has_mixed_word(text: &str) -> bool {
    !text.is_ascii()
        && text
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word.chars().any(is_lookalike) && word.chars().any(|c| c.is_ascii_alphabetic()))
}

/// The first character of a text that a reader does not see: what it is, which, and where, in bytes.
pub(crate) fn first_unseen(text: &str) -> Option<(&'static str, char, usize)> {
    let mut previous = ' ';
    text.char_indices().find_map(|(index, c)| {
        let joins_emoji = matches!(c, '\u{200d}' | '\u{fe0f}') && !previous.is_alphanumeric();
        previous = c;
        unseen(c).filter(|_| !joins_emoji).map(|what| (what, c, index))
    })
}

fn place(start: usize, index: usize) -> TextRange {
    TextRange::empty(TextSize::try_from(start + index).unwrap_or_default())
}
