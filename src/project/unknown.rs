//! Fields of a JSON object that this version does not know, kept so that they survive a save.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What an object holds beyond the known, at any depth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unknown(BTreeMap<String, Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A field that is not known at all.
    Whole(Value),
    /// A known field that is an object with something unknown in it.
    Within(Unknown),
}

impl Unknown {
    /// What is in `given` and not in `known`, which was made of what was understood of it.
    ///
    /// Only objects are entered; a list is known or unknown as a whole.
    #[must_use]
    pub fn between(given: &Map<String, Value>, known: &Map<String, Value>) -> Self {
        let part = |(key, value): (&String, &Value)| {
            let part = match (value, known.get(key)) {
                (value, None) => Part::Whole(value.clone()),
                (Value::Object(given), Some(Value::Object(known))) => {
                    let within = Self::between(given, known);
                    if within.is_empty() {
                        return None;
                    }
                    Part::Within(within)
                }
                _ => return None,
            };
            Some((key.clone(), part))
        };
        Self(given.iter().filter_map(part).collect())
    }

    /// Puts everything back that has a place in `known`, which wins where both have something.
    pub fn put_back(&self, known: &mut Map<String, Value>) {
        for (key, part) in &self.0 {
            match (part, known.get_mut(key)) {
                (Part::Whole(value), None) => {
                    known.insert(key.clone(), value.clone());
                }
                (Part::Within(within), Some(Value::Object(known))) => within.put_back(known),
                // What it belonged to is gone.
                _ => {}
            }
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => panic!("{value}"),
        }
    }

    #[test]
    fn unknown_fields_come_back_at_their_depth_and_the_known_wins() {
        let given = object(json!({
            "a": 1, "new": [1, 2], "list": [{"x": 1}], "in": {"b": 2, "also new": null},
        }));
        let known = object(json!({"a": 1, "list": [], "in": {"b": 2}}));
        let unknown = Unknown::between(&given, &known);
        let mut later = object(json!({"a": 7, "list": [3], "in": {"b": 9}}));
        unknown.put_back(&mut later);
        assert_eq!(
            Value::Object(later),
            json!({"a": 7, "new": [1, 2], "list": [3], "in": {"b": 9, "also new": null}})
        );
    }

    #[test]
    fn what_was_within_a_variant_does_not_come_back_beside_another() {
        let given = object(json!({"kind": {"beta": {"value": 1, "extra": 2}}}));
        let known = object(json!({"kind": {"beta": {"value": 1}}}));
        let unknown = Unknown::between(&given, &known);
        for kind in [json!("auto"), json!({"other": {"value": 3}})] {
            let mut later = object(json!({ "kind": kind }));
            let before = later.clone();
            unknown.put_back(&mut later);
            assert_eq!(later, before);
        }
    }

    #[test]
    fn nothing_unknown_is_nothing() {
        let all = object(json!({"a": {"b": 1}}));
        assert!(Unknown::between(&all, &all).is_empty());
    }
}
