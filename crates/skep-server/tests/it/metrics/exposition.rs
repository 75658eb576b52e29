//! A strict reader of OpenMetrics: what it takes, Prometheus takes.

use std::collections::{BTreeMap, BTreeSet};

/// A whole answer.
pub(super) struct Exposition {
    pub(super) text: String,
    /// By name and labels as they are written.
    samples: BTreeMap<(String, String), f64>,
}

#[derive(Default)]
struct Family {
    name: String,
    kind: String,
    /// The numbers of each histogram's buckets, by its other labels.
    buckets: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Exposition {
    pub(super) fn parse(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
        let mut read = Self {
            text: text.to_owned(),
            samples: BTreeMap::new(),
        };
        let (mut family, mut names) = (Family::default(), BTreeSet::new());
        let mut help = None;
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, words) = rest.split_once(' ').expect("a name and words");
                assert!(words.ends_with('.') && !words.contains('\\'), "{line}");
                help = Some(name.to_owned());
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                read.finish(&family);
                let (name, kind) = rest.split_once(' ').expect("a name and a type");
                assert_eq!(help.take().as_deref(), Some(name), "HELP comes before TYPE");
                assert!(names.insert(name.to_owned()), "`{name}` comes twice");
                assert!(
                    ["counter", "gauge", "histogram", "info"].contains(&kind),
                    "{line}"
                );
                family = Family {
                    name: name.to_owned(),
                    kind: kind.to_owned(),
                    buckets: BTreeMap::new(),
                };
            } else {
                read.sample(line, &mut family);
            }
        }
        read.finish(&family);
        read
    }

    /// The number of a name with these labels, as they are written.
    pub(super) fn value(&self, name: &str, labels: &str) -> Option<f64> {
        let key = (name.to_owned(), labels.to_owned());
        self.samples.get(&key).copied()
    }

    fn sample(&mut self, line: &str, family: &mut Family) {
        let (series, value) = line.rsplit_once(' ').expect("a series and a number");
        let value: f64 = value.parse().expect("a number");
        let (name, labels) = match series.split_once('{') {
            Some((name, rest)) => (name, rest.strip_suffix('}').expect("a bracket")),
            None => (series, ""),
        };
        let suffix = name.strip_prefix(&*family.name).expect("of this family");
        let allowed: &[&str] = match &*family.kind {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            _ => &["_sum", "_count", "_bucket"],
        };
        assert!(allowed.contains(&suffix), "{line}");
        assert!(value >= 0.0 && value.is_finite(), "{line}");
        let names = label_names(labels);
        let is_new = self
            .samples
            .insert((name.to_owned(), labels.to_owned()), value);
        assert_eq!(is_new, None, "twice: {line}");
        if suffix == "_bucket" {
            assert!(names.contains(&"le".to_owned()), "{line}");
            let is_end = |label: &&str| label.starts_with("le=\"");
            let (ends, others): (Vec<_>, Vec<_>) = labels.split(',').partition(is_end);
            let end = ends[0].trim_start_matches("le=").trim_matches('"');
            let end: f64 = end.replace("+Inf", "inf").parse().expect("a number");
            let buckets = family.buckets.entry(others.join(",")).or_default();
            buckets.push((end, value));
        }
    }

    /// Buckets grow, and the last has everything.
    fn finish(&self, family: &Family) {
        for (labels, buckets) in &family.buckets {
            let is_grown = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
            assert!(buckets.windows(2).all(is_grown), "{labels}: {buckets:?}");
            let (end, all) = *buckets.last().expect("a bucket");
            let count = self.value(&format!("{}_count", family.name), labels);
            assert_eq!((end, Some(all)), (f64::INFINITY, count), "{labels}");
            assert!(
                self.value(&format!("{}_sum", family.name), labels)
                    .is_some()
            );
        }
    }
}

/// The names in `a="b",c="d"`; values may have `\\`, `\"` and `\n` in them, and nothing else escaped.
fn label_names(mut labels: &str) -> Vec<String> {
    let mut names = Vec::new();
    while !labels.is_empty() {
        let (name, rest) = labels.split_once("=\"").expect("a label");
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        assert!(!name.is_empty() && name.bytes().all(is_plain), "{name}");
        assert!(!names.contains(&name.to_owned()), "{name} comes twice");
        names.push(name.to_owned());
        let end = end_of_value(rest);
        labels = &rest[end + 1..];
        if let Some(more) = labels.strip_prefix(',') {
            assert!(!more.is_empty(), "a comma at the end");
            labels = more;
        }
    }
    names
}

fn end_of_value(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate();
    while let Some((place, byte)) = bytes.next() {
        match byte {
            b'"' => return place,
            b'\\' => {
                let (_, escaped) = bytes.next().expect("something is escaped");
                assert!(matches!(escaped, b'\\' | b'"' | b'n'), "{text}");
            }
            _ => {}
        }
    }
    panic!("a value without an end: {text}")
}
