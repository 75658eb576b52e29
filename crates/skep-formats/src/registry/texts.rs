//! A list of texts in one piece of memory.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is made room for when the first text comes: most packages have a few short versions.
const FIRST_BYTES: usize = 64;
const FIRST_TEXTS: usize = 12;

/// A list of texts. `versions` of hex.pm has hundreds of thousands of them, each a few bytes long: a
/// memory allocation for each would cost more than everything else about reading it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    /// Where each one ends in `text`.
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a text at the end.
    pub fn push(&mut self, text: &str) {
        if self.ends.is_empty() {
            self.text.reserve(FIRST_BYTES.max(text.len()));
            self.ends.reserve(FIRST_TEXTS);
        }
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let text = &self.text[start..*end];
            start = *end;
            text
        })
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut list = Self::default();
        for text in texts {
            list.push(text.as_ref());
        }
        list
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A list of strings.
impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<String>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let long = "x".repeat(1000);
        let texts = ["1.0.0", "", "é", &long, "1.0.0"];
        let list: Texts = texts.into_iter().collect();
        assert_eq!(list.len(), 5);
        assert!(list.iter().eq(texts));
        assert!(Texts::default().is_empty());
        // The same letters, cut differently, are another list.
        assert_ne!(Texts::from_iter(["ab", "c"]), Texts::from_iter(["a", "bc"]));
    }

    #[test]
    fn json_has_a_list_of_strings() {
        let list = Texts::from_iter(["1.0.0", "2.0.0"]);
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(json, r#"["1.0.0","2.0.0"]"#);
        assert_eq!(serde_json::from_str::<Texts>(&json).unwrap(), list);
        assert_eq!(format!("{list:?}"), r#"["1.0.0", "2.0.0"]"#);
    }
}
