//! Texts that hide what they say: encoded, reversed, escaped, or put together out of character codes.

use base64::{Engine, engine::general_purpose::STANDARD};
use ruff_python_ast::{
    Expr, ExprBinOp, ExprCall, Operator,
    token::{Token, TokenKind},
};
use ruff_text_size::{Ranged, TextRange};

use super::{constant, entropy};
use crate::{finding::Report, source::Source, symbols::Symbols};

const HINT: &str = "Write it in plain form: nobody approves what nobody can read.";
/// Shortest encoded text that counts.
const LEAST: usize = 8;

/// Functions that turn encoded data into data.
const DECODERS: &[&str] = &[
    "base64.a85decode",
    "base64.b16decode",
    "base64.b32decode",
    "base64.b64decode",
    "base64.b85decode",
    "base64.decodebytes",
    "base64.standard_b64decode",
    "base64.urlsafe_b64decode",
    "binascii.a2b_base64",
    "binascii.a2b_hex",
    "binascii.unhexlify",
    "bytearray.fromhex",
    "bytes.fromhex",
    "bz2.decompress",
    "codecs.decode",
    "codecs.getdecoder",
    "gzip.decompress",
    "lzma.decompress",
    "marshal.loads",
    "zlib.decompress",
];

/// String tokens whose plain characters are written as escapes.
pub(super) fn check_tokens(tokens: &[Token], source: &Source<'_>, report: &mut Report) {
    for token in tokens {
        if !matches!(token.kind(), TokenKind::String | TokenKind::FStringMiddle) {
            continue;
        }
        let text = source.text.get(token.start().to_usize()..token.end().to_usize()).unwrap_or_default();
        let escapes = text.matches("\\x").count() + text.matches("\\u00").count();
        if escapes >= 6 && plain_escapes(text) >= 6 && plain_escapes(text) * 4 * 2 >= text.len() {
            report.danger("escaped_text", token.range(), "plain letters are written as escapes here", HINT);
        }
    }
}

/// How many escapes of printable ASCII a text has.
fn plain_escapes(text: &str) -> usize {
    let digits = |rest: &str, count: usize| rest.get(..count).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let hex = text.split("\\x").skip(1).filter_map(|rest| digits(rest, 2));
    let unicode = text.split("\\u").skip(1).filter_map(|rest| digits(rest, 4));
    hex.chain(unicode).filter(|code| (0x20..0x7f).contains(code)).count()
}

/// A string literal of random characters.
pub(super) fn check_literal(text: &str, at: TextRange, report: &mut Report) {
    if entropy::is_blob(text) {
        let message = "this text is nothing but random characters; what it is for cannot be seen";
        report.warning("high_entropy", at, message, "Write data in plain form, fetch it, or make it a secret.");
    }
}

/// Calls that decode what stands in the code, and `"".join(chr(…) …)`.
pub(super) fn check_call(call: &ExprCall, path: &str, symbols: &Symbols<'_>, report: &mut Report) {
    if DECODERS.contains(&path)
        && let Some(text) = call.arguments.args.first().and_then(|data| constant::text(data, symbols))
        && text.len() >= LEAST
    {
        let message = format!("encoded text is decoded here{}", preview(path, &text));
        report.danger("decoded_literal", call, message, HINT);
    }
    if matches!(path, "bytes" | "bytearray")
        && call.arguments.args.first().and_then(|list| constant::numbers(list, symbols)).is_some_and(|count| count >= 6)
    {
        joined(call.range(), report);
    }
    if let Expr::Attribute(method) = &*call.func
        && method.attr.as_str() == "join"
        && let Some(pieces) = call.arguments.args.first()
    {
        check_join(pieces, call, symbols, report);
    }
}

fn check_join(pieces: &Expr, call: &ExprCall, symbols: &Symbols<'_>, report: &mut Report) {
    let generators = match pieces {
        Expr::Generator(generator) => Some((&*generator.elt, generator.generators.as_slice())),
        Expr::ListComp(list) => Some((&*list.elt, list.generators.as_slice())),
        _ => None,
    };
    let is_joined = match (generators, pieces) {
        (Some((element, [only])), _) => {
            is_call_of(element, "chr") && constant::numbers(&only.iter, symbols).is_some_and(|count| count >= 3)
        }
        (None, Expr::Call(inner)) => match (&*inner.func, &*inner.arguments.args) {
            (Expr::Name(name), [function, list]) if name.id.as_str() == "map" => {
                matches!(function, Expr::Name(name) if name.id.as_str() == "chr")
                    && constant::numbers(list, symbols).is_some_and(|count| count >= 3)
            }
            (Expr::Name(name), [text]) if name.id.as_str() == "reversed" => {
                if let Some(text) = constant::text(text, symbols) {
                    reversed(&text, call.range(), report);
                }
                false
            }
            _ => false,
        },
        _ => false,
    };
    if is_joined {
        joined(call.range(), report);
    }
}

/// `chr(101) + chr(118)`
pub(super) fn check_sum(sum: &ExprBinOp, symbols: &Symbols<'_>, report: &mut Report) {
    let is_code = |expr: &Expr| match expr {
        Expr::Call(call) => {
            is_call_of(expr, "chr")
                && call.arguments.args.first().is_some_and(|code| constant::number(code, symbols).is_some())
        }
        _ => false,
    };
    let last = match &*sum.left {
        Expr::BinOp(left) if left.op == Operator::Add => &left.right,
        _ => &sum.left,
    };
    if sum.op == Operator::Add && is_code(&sum.right) && is_code(last) {
        // The innermost sum starts where the whole does, so that a chain is one finding.
        joined(TextRange::empty(sum.start()), report);
    }
}

/// `"…"[::-1]`
pub(super) fn check_reversal(value: &Expr, slice: &Expr, at: TextRange, symbols: &Symbols<'_>, report: &mut Report) {
    if constant::is_reversal(slice)
        && let Some(text) = constant::text(value, symbols)
    {
        reversed(&text, at, report);
    }
}

fn reversed(text: &str, at: TextRange, report: &mut Report) {
    if text.len() >= 4 {
        let plain: String = text.chars().rev().take(60).collect();
        report.danger("reversed_text", at, format!("this text is written backwards: {plain:?}"), HINT);
    }
}

fn joined(at: TextRange, report: &mut Report) {
    report.danger("joined_characters", at, "a text is put together out of character codes here", HINT);
}

fn is_call_of(expr: &Expr, function: &str) -> bool {
    matches!(expr, Expr::Call(call) if matches!(&*call.func, Expr::Name(name) if name.id.as_str() == function))
}

/// What a reviewer would read, when it is easy to say.
fn preview(path: &str, text: &str) -> String {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = match path.rsplit('.').next().unwrap_or_default() {
        "b64decode" | "standard_b64decode" | "decodebytes" | "a2b_base64" => STANDARD.decode(compact).ok(),
        "fromhex" | "unhexlify" | "a2b_hex" | "b16decode" => compact
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect(),
        "decode" => Some(text.bytes().map(rot13).collect()),
        _ => None,
    };
    let plain = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains(char::is_control));
    plain.map_or_else(String::new, |plain| format!(": {:?}", plain.chars().take(80).collect::<String>()))
}

fn rot13(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => b'a' + (byte - b'a' + 13) % 26,
        b'A'..=b'Z' => b'A' + (byte - b'A' + 13) % 26,
        other => other,
    }
}
