//! What a build remembers for the next one: which tarballs it has read, and what it has written.
//!
//! Only sizes and times are kept here. Checksums and dependencies of known releases are read back from
//! the signed package files, so there is no second copy of them that could disagree.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Of the text below. Another one means reading everything again.
const FORMAT: &str = "skep-registry-manifest 1";

/// What tells that a file has not changed.
///
/// The time counts to the nanosecond: two releases of the same size within a second are common when a
/// script makes them. `rsync -t` and `cp -p` keep it, so a copied repository is not read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub(super) seconds: i64,
    pub(super) nanos: u32,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        // A system without file times gives the same for every file; there only the size counts.
        let time = metadata.modified().unwrap_or(UNIX_EPOCH);
        let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (after.as_secs().cast_signed(), after.subsec_nanos()),
            Err(before) => {
                let before = before.duration();
                let nanos = (1_000_000_000 - before.subsec_nanos()) % 1_000_000_000;
                let whole = before.as_secs().cast_signed() + i64::from(nanos > 0);
                (-whole, nanos)
            }
        };
        Self {
            size: metadata.len(),
            seconds,
            nanos,
        }
    }

    /// Whether a file of this time could still be changed without its time changing. Times are only as
    /// fine as the system's tick, so a file written since `start` may be written again within its tick.
    pub(super) fn is_too_new(&self, start: &Self) -> bool {
        (self.seconds, self.nanos) >= (start.seconds, start.nanos)
    }

    fn parse(mut words: std::str::SplitAsciiWhitespace<'_>) -> Option<Self> {
        let stamp = Self {
            size: words.next()?.parse().ok()?,
            seconds: words.next()?.parse().ok()?,
            nanos: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(stamp)
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.size, self.seconds, self.nanos)
    }
}

/// A package as the last build left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The file `packages/NAME`.
    pub(super) output: Stamp,
    /// Version and tarball of each release, in the order of the package file.
    pub(super) tarballs: Vec<(String, Stamp)>,
}

/// What the last build did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) repository: String,
    /// The fingerprint of the key that signed.
    pub(super) key: String,
    pub(super) packages: BTreeMap<String, Known>,
}

impl Manifest {
    pub(super) fn new(repository: &str, key: &str) -> Self {
        Self {
            repository: repository.to_owned(),
            key: key.to_owned(),
            packages: BTreeMap::new(),
        }
    }

    /// The manifest of the last build, if there is one that can be read.
    pub(super) fn load(path: &Path) -> Option<Self> {
        Self::parse(&fs_err::read_to_string(path).ok()?)
    }

    /// This manifest if it is of this repository and key, else an empty one: then everything is built
    /// again, which is never wrong.
    pub(super) fn usable_for(self, repository: &str, key: &str) -> Self {
        if self.repository == repository && self.key == key {
            self
        } else {
            Self::new(repository, key)
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = format!(
            "{FORMAT}\nrepository {}\nkey {}\n",
            self.repository, self.key
        );
        for (name, known) in &self.packages {
            let _ = writeln!(text, "package {name} {}", known.output);
            for (version, stamp) in &known.tarballs {
                let _ = writeln!(text, "{version} {stamp}");
            }
        }
        // Tells a whole manifest from one that was cut off.
        text.push_str("end\n");
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("\nend\n")?.lines();
        if lines.next() != Some(FORMAT) {
            return None;
        }
        let repository = lines.next()?.strip_prefix("repository ")?;
        let key = lines.next()?.strip_prefix("key ")?;
        let mut manifest = Self::new(repository, key);
        let mut package: Option<(&str, Known)> = None;
        for line in lines {
            let mut words = line.split_ascii_whitespace();
            let first = words.next()?;
            if first == "package" {
                manifest.add(package.take());
                let (name, tarballs) = (words.next()?, Vec::new());
                let output = Stamp::parse(words)?;
                package = Some((name, Known { output, tarballs }));
            } else {
                let stamp = Stamp::parse(words)?;
                let (_, known) = package.as_mut()?;
                known.tarballs.push((first.to_owned(), stamp));
            }
        }
        manifest.add(package);
        Some(manifest)
    }

    fn add(&mut self, package: Option<(&str, Known)>) {
        if let Some((name, known)) = package {
            self.packages.insert(name.to_owned(), known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let stamp = |size| Stamp {
            size,
            seconds: -1,
            nanos: 999_999_999,
        };
        let mut manifest = Manifest::new("acme", "SHA256:abc");
        let tarballs = vec![
            ("1.0.0".to_owned(), stamp(1)),
            ("1.1.0".to_owned(), stamp(2)),
        ];
        let output = stamp(3);
        manifest.add(Some(("a_b", Known { output, tarballs })));
        let tarballs = Vec::new();
        manifest.add(Some(("z", Known { output, tarballs })));
        manifest
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Manifest::parse(&manifest().to_text()), Some(manifest()));
        let empty = Manifest::new("acme", "SHA256:abc");
        assert_eq!(Manifest::parse(&empty.to_text()), Some(empty));
    }

    #[test]
    fn what_is_cut_off_or_of_another_format_is_not_believed() {
        let text = manifest().to_text();
        for length in 0..text.len() {
            assert_eq!(Manifest::parse(&text[..length]), None, "{length}");
        }
        assert_eq!(
            Manifest::parse(&text.replace("manifest 1", "manifest 2")),
            None
        );
        assert_eq!(Manifest::parse(&text.replace("1.0.0 1 ", "1.0.0 x ")), None);
    }
}
