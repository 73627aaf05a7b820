//! Pure rules of echoes and placeholders, for any value.

use std::sync::Arc;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use mcpbox_core::{capability::HostRule, execute::UnsealedSecret, name::SecretKey, secret::SecretMode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use secrecy::SecretString;

use super::{Filler, Place, Scrubber, StreamScrubber, Vault};
use crate::destination::Destination;

fn scrubber(value: &str) -> Scrubber {
    let key = SecretKey::parse("KEY").unwrap();
    Scrubber::new(std::iter::once((&key, value)))
}

fn vault(value: &str) -> Vault {
    Vault::new(vec![UnsealedSecret {
        key: SecretKey::parse("KEY").unwrap(),
        value: SecretString::from(value),
        mode: SecretMode::Sealed,
        hosts: vec![HostRule::parse("bound.test").unwrap()],
    }])
}

proptest! {
    #[test]
    fn a_value_is_found_in_every_encoding_and_place(value in "[!-~äß€😀]{8,40}", before in "[a-z ]{0,5}", after in "[a-z ]{0,5}") {
        let scrubber = scrubber(&value);
        let lead = before.as_bytes();
        let json = serde_json::to_string(&value).unwrap();
        let echoes = [
            value.clone(),
            json[1..json.len() - 1].to_owned(),
            utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string(),
            utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string().to_lowercase(),
            value.bytes().map(|byte| format!("{byte:02X}")).collect(),
            STANDARD.encode(&value),
            URL_SAFE_NO_PAD.encode(&value),
        ];
        for echo in echoes {
            let cleaned = scrubber.clean_text(&format!("{before}{echo}{after}"));
            prop_assert!(cleaned.contains("[secret KEY]"), "{echo} in {cleaned}");
        }
        let inside = STANDARD.encode([lead, value.as_bytes(), after.as_bytes()].concat());
        prop_assert!(scrubber.clean_text(&inside).contains("[secret KEY]"), "{inside}");
        prop_assert!(!scrubber.clean_text(&value).contains(&value));
    }

    #[test]
    fn text_without_the_value_stays_as_it_is(text in "[a-z0-9 .,=+/]{0,200}") {
        let scrubber = scrubber("A-value_that:never/occurs#there");
        prop_assert_eq!(scrubber.clean_text(&text), text);
    }

    #[test]
    fn a_filled_url_part_holds_no_separators_and_decodes_to_the_value(value in "\\PC{1,40}", place in prop_oneof![Just(Place::Path), Just(Place::Query)]) {
        let vault = vault(&value);
        let to = Destination::parse("https://bound.test/").unwrap();
        let placeholder = vault.placeholder(&SecretKey::parse("KEY").unwrap()).unwrap();
        let filled = vault.fill_text(placeholder, place, &to, "GET").unwrap();
        prop_assert!(!filled.contains(['/', '?', '#', ' ', '\\']), "{filled}");
        prop_assert_eq!(percent_encoding::percent_decode_str(&filled).decode_utf8().unwrap(), value);
    }

    #[test]
    fn no_text_makes_the_url_reader_panic_and_what_it_takes_is_stable(text in "(https?://)?\\PC{0,60}") {
        if let Ok(once) = Destination::parse(&text) {
            let again = Destination::parse(once.url.as_str()).unwrap();
            prop_assert_eq!((&once.host, once.port, once.url.as_str()), (&again.host, again.port, again.url.as_str()));
            prop_assert!(once.literal.is_some() || HostRule::parse(&once.host).unwrap().host == once.host);
        }
    }
}

proptest! {
    #[test]
    fn where_a_body_is_cut_makes_no_difference(
        value in "[a-c/+\"ä]{6,12}",
        words in proptest::collection::vec("[a-c/+\"ä]{0,8}", 0..6),
        cuts in proptest::collection::vec(0_usize..200, 0..8),
    ) {
        let vault = Arc::new(vault(&value));
        let text = format!("{}{}{}", words.join(&value), value, words.join(&STANDARD.encode(&value)));
        let mut scrubber = StreamScrubber::new(Arc::clone(&vault));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut cleaned = Vec::new();
        for pair in cuts.windows(2) {
            cleaned.extend_from_slice(&scrubber.push(Bytes::copy_from_slice(&text.as_bytes()[pair[0]..pair[1]])));
        }
        cleaned.extend_from_slice(&scrubber.finish());
        prop_assert_eq!(String::from_utf8_lossy(&cleaned), vault.scrub_sealed().clean_text(&text));
    }

    #[test]
    fn a_placeholder_may_be_cut_anywhere(cuts in proptest::collection::vec(0_usize..120, 0..8)) {
        let vault = Arc::new(vault("the-value"));
        let placeholder = vault.placeholder(&SecretKey::parse("KEY").unwrap()).unwrap().to_owned();
        let text = format!("ab{placeholder}c{placeholder}mcpbox-sealed-");
        let to = Destination::parse("https://bound.test/").unwrap();
        let mut filler = Filler::new(Arc::clone(&vault), Place::PlainBody, to, "POST".to_owned());
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut filled = Vec::new();
        for (n, pair) in cuts.windows(2).enumerate() {
            let part = Bytes::copy_from_slice(&text.as_bytes()[pair[0]..pair[1]]);
            filled.extend_from_slice(&filler.push(&part, n + 2 == cuts.len()).unwrap());
        }
        prop_assert_eq!(String::from_utf8(filled).unwrap(), "abthe-valuecthe-valuemcpbox-sealed-");
    }
}

#[test]
fn a_long_value_that_comes_in_parts_is_taken_out_as_one() {
    let value: String = (0..4000).map(|n| format!("{n:04}")).collect();
    let vault = Arc::new(vault(&value));
    let text = format!("<{value}><{value}>");
    for size in [1000, 4096, 15_999] {
        let mut scrubber = StreamScrubber::new(Arc::clone(&vault));
        let mut cleaned = Vec::new();
        for part in text.as_bytes().chunks(size) {
            cleaned.extend_from_slice(&scrubber.push(Bytes::copy_from_slice(part)));
        }
        cleaned.extend_from_slice(&scrubber.finish());
        assert_eq!(String::from_utf8(cleaned).unwrap(), "<[secret KEY]><[secret KEY]>", "{size}");
    }
}

#[test]
fn a_long_value_is_found_whole_cut_off_and_by_its_lines() {
    let line = |n: usize| format!("{n:04}{}", "abcdefghijklmnop".repeat(4));
    let value =
        format!("-----BEGIN KEY-----\n{}\n-----END KEY-----\n", (0..400).map(line).collect::<Vec<_>>().join("\n"));
    let scrubber = scrubber(&value);
    assert_eq!(scrubber.clean_text(&format!("<{value}>")), "<[secret KEY]>");
    assert_eq!(scrubber.clean_text(&format!("<{}…>", &value[..500])), "<[secret KEY]…>");
    assert_eq!(scrubber.clean_text(&format!("<{}>", line(77))), "<[secret KEY]>");
    assert_eq!(
        scrubber.clean_text(&STANDARD.encode(&value)).len(),
        "[secret KEY]".len() + STANDARD.encode(&value).matches('=').count()
    );
}
