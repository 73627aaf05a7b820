//! Full-text search over published tools (BM25), built with each snapshot: no database, no embedding, the same answer
//! every time.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How fast repeated words count less.
const K1: f64 = 1.2;
/// How much long texts count less.
const B: f64 = 0.75;
/// A word that only begins with the query's word.
const PREFIX_WEIGHT: f64 = 0.5;

/// What is indexed of a tool; the number is its place in the snapshot's list.
#[derive(Default)]
pub(crate) struct SearchIndex {
    postings: BTreeMap<String, Vec<(usize, f64)>>,
    lengths: Vec<f64>,
    average_length: f64,
}

/// The texts of one tool.
pub(crate) struct Document<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) input_schema: &'a Map<String, Value>,
}

impl SearchIndex {
    /// Indexes the documents in their order.
    pub(crate) fn build<'a>(documents: impl Iterator<Item = Document<'a>>) -> Self {
        let mut index = Self::default();
        for (place, document) in documents.enumerate() {
            let weights = weights(&document);
            index.lengths.push(weights.values().sum());
            for (word, weight) in weights {
                index.postings.entry(word).or_default().push((place, weight));
            }
        }
        index.average_length = index.lengths.iter().sum::<f64>() / index.lengths.len().max(1) as f64;
        index
    }

    /// Places of matching documents with their scores, in the order of the places.
    pub(crate) fn search(&self, query: &str) -> BTreeMap<usize, f64> {
        let mut scores = BTreeMap::new();
        for word in words(query) {
            for (place, score) in self.score_word(&word) {
                *scores.entry(place).or_insert(0.0) += score;
            }
        }
        scores
    }

    /// The best score of each document for one word of the query: exact, or as the beginning of a longer word.
    fn score_word(&self, word: &str) -> BTreeMap<usize, f64> {
        let mut best: BTreeMap<usize, f64> = BTreeMap::new();
        let candidates = self.postings.range(word.to_owned()..).take_while(|(other, _)| other.starts_with(word));
        for (other, postings) in candidates {
            let weight = if other == word { 1.0 } else { PREFIX_WEIGHT };
            if other != word && word.len() < 3 {
                continue;
            }
            let rarity = self.rarity(postings.len());
            for (place, frequency) in postings {
                let score = weight * rarity * self.saturation(*place, *frequency);
                let entry = best.entry(*place).or_insert(0.0);
                *entry = entry.max(score);
            }
        }
        best
    }

    fn rarity(&self, matching: usize) -> f64 {
        let (all, matching) = (self.lengths.len() as f64, matching as f64);
        (1.0 + (all - matching + 0.5) / (matching + 0.5)).ln()
    }

    fn saturation(&self, place: usize, frequency: f64) -> f64 {
        let length = self.lengths.get(place).copied().unwrap_or_default() / self.average_length.max(1.0);
        frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * length))
    }
}

/// Words of a tool with how much each counts: its name most, then its parameters, then what is said about it.
fn weights(document: &Document<'_>) -> BTreeMap<String, f64> {
    let mut weights = BTreeMap::new();
    let mut add = |text: &str, weight: f64| {
        for word in words(text) {
            *weights.entry(word).or_insert(0.0) += weight;
        }
    };
    add(document.name, 3.0);
    add(document.description, 1.0);
    let properties = document.input_schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        add(name, 1.5);
        add(schema.get("description").and_then(Value::as_str).unwrap_or_default(), 0.75);
    }
    weights
}

/// Lower-case words without plural s: `getWeather_forecasts` → get, weather, forecast.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut after_lower = false;
    for character in text.chars() {
        if !character.is_alphanumeric() || (after_lower && character.is_uppercase()) {
            push_word(&mut words, &mut word);
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    push_word(&mut words, &mut word);
    words
}

fn push_word(words: &mut Vec<String>, word: &mut String) {
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn best(query: &str) -> Option<usize> {
        let city = json!({"properties": {"city": {"type": "string", "description": "Where to look"}}});
        let none = Map::new();
        let index = SearchIndex::build(
            [
                Document {
                    name: "weather_api__get_forecast",
                    description: "Forecast of the next days.",
                    input_schema: city.as_object().unwrap(),
                },
                Document {
                    name: "mail__send_message",
                    description: "Sends a message, also about the weather.",
                    input_schema: &none,
                },
                Document { name: "math__add", description: "Adds two numbers.", input_schema: &none },
            ]
            .into_iter(),
        );
        index.search(query).into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(place, _)| place)
    }

    #[test]
    fn the_name_counts_most_and_parameters_count_too() {
        let cases = [
            ("weather", Some(0)),
            ("forecasts", Some(0)),
            ("send messages", Some(1)),
            ("city", Some(0)),
            ("add numbers", Some(2)),
            ("foreca", Some(0)),
            ("zebra", None),
            ("", None),
        ];
        for (query, place) in cases {
            assert_eq!(best(query), place, "{query}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched_for(query in any::<String>()) {
            let _ = best(&query);
            for word in words(&query) {
                prop_assert!(!word.is_empty());
            }
        }
    }
}
