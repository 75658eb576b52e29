//! Counting answers on the hot path: a few additions to numbers that lie at known places. Nothing is
//! looked up, locked or allocated.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::delivery::Way;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The list of packages.
    Names,
    /// The list of versions.
    Versions,
    /// A package's registry resource.
    Package,
    /// A release.
    Tarball,
    /// A release's documentation.
    Docs,
    /// The key that verifies the registry.
    PublicKey,
    /// A policy.
    Policy,
    /// A file by a signed URL of this server, or for a CDN.
    File,
    /// The Hex API.
    Api,
    /// The license API.
    Manage,
    /// Tokens for tools.
    Oauth,
    /// What a person opens in a browser, and addresses where nothing is.
    Pages,
    /// Health and these numbers.
    Health,
}

impl Kind {
    /// Every kind; its place here is its place in memory.
    pub const ALL: [Self; 13] = [
        Self::Names,
        Self::Versions,
        Self::Package,
        Self::Tarball,
        Self::Docs,
        Self::PublicKey,
        Self::Policy,
        Self::File,
        Self::Api,
        Self::Manage,
        Self::Oauth,
        Self::Pages,
        Self::Health,
    ];

    /// The value of the label `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Versions => "versions",
            Self::Package => "package",
            Self::Tarball => "tarball",
            Self::Docs => "docs",
            Self::PublicKey => "public_key",
            Self::Policy => "policy",
            Self::File => "file",
            Self::Api => "api",
            Self::Manage => "manage",
            Self::Oauth => "oauth",
            Self::Pages => "pages",
            Self::Health => "health",
        }
    }

    /// The kind of a path that is not below `/repo`.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next()) {
            (Some("api"), Some("manage")) => Self::Manage,
            (Some("api"), Some("oauth")) => Self::Oauth,
            (Some("api"), _) => Self::Api,
            (Some("healthz" | "readyz" | "metrics"), None) => Self::Health,
            _ => Self::Pages,
        }
    }
}

/// Status codes with a number of their own; all others share one.
const STATUSES: [u16; 25] = [
    200, 201, 202, 204, 206, 302, 303, 304, 400, 401, 402, 403, 404, 405, 406, 408, 409, 412, 413,
    415, 416, 422, 429, 500, 503,
];
const OTHER: usize = STATUSES.len();
/// Where the number of a status code is.
const PLACES: [u8; 600] = places();

const fn places() -> [u8; 600] {
    let mut places = [OTHER as u8; 600];
    let mut place = 0;
    while place < STATUSES.len() {
        places[STATUSES[place] as usize] = place as u8;
        place += 1;
    }
    places
}

/// The upper ends of the histogram's buckets, in nanoseconds; one more bucket has no end.
pub(super) const BOUNDS: [u64; 18] = [
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The answers of a node, counted.
#[derive(Debug, Default)]
pub struct Requests {
    kinds: [Answers; Kind::ALL.len()],
}

/// Those of one kind, on cache lines of their own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Answers {
    statuses: [AtomicU64; OTHER + 1],
    ways: [AtomicU64; Way::ALL.len()],
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

impl Requests {
    /// Counts one answer: its status code, how the file of it was delivered if there was one, and the
    /// time from the request's headers to the answer's.
    pub fn answered(&self, kind: Kind, status: u16, way: Option<Way>, took: Duration) {
        let answers = &self.kinds[kind as usize];
        let place = PLACES
            .get(usize::from(status))
            .map_or(OTHER, |place| usize::from(*place));
        add(&answers.statuses[place], 1);
        if let Some(way) = way {
            add(&answers.ways[way as usize], 1);
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        add(
            &answers.buckets[BOUNDS.partition_point(|bound| *bound < nanos)],
            1,
        );
        add(&answers.nanos, nanos);
    }

    /// How often each kind got each status code; those that never came are left out.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (Kind, Option<u16>, u64)> {
        self.each().flat_map(|(kind, answers)| {
            let counted = answers.statuses.iter().enumerate().map(count);
            let counted = counted.filter(|(_, count)| *count > 0);
            counted.map(move |(place, count)| (kind, STATUSES.get(place).copied(), count))
        })
    }

    /// How often the files of each kind were delivered which way; ways never taken are left out.
    pub(super) fn by_way(&self) -> impl Iterator<Item = (Kind, Way, u64)> {
        self.each().flat_map(|(kind, answers)| {
            let counted = answers.ways.iter().enumerate().map(count);
            let counted = counted.filter(|(_, count)| *count > 0);
            counted.map(move |(place, count)| (kind, Way::ALL[place], count))
        })
    }

    /// The seconds that answers took, of the kinds that were asked for: their sum, and how many fell into
    /// each bucket.
    pub(super) fn durations(&self) -> impl Iterator<Item = (Kind, f64, Vec<(f64, u64)>)> {
        self.each().filter_map(|(kind, answers)| {
            let ends = BOUNDS
                .iter()
                .map(|nanos| seconds(*nanos))
                .chain([f64::INFINITY]);
            let counts = answers.buckets.iter().enumerate().map(count);
            let buckets: Vec<_> = ends.zip(counts.map(|(_, count)| count)).collect();
            let is_used = buckets.iter().any(|(_, count)| *count > 0);
            let sum = seconds(answers.nanos.load(Ordering::Relaxed));
            is_used.then_some((kind, sum, buckets))
        })
    }

    fn each(&self) -> impl Iterator<Item = (Kind, &Answers)> {
        Kind::ALL.into_iter().zip(&self.kinds)
    }
}

fn add(number: &AtomicU64, more: u64) {
    number.fetch_add(more, Ordering::Relaxed);
}

fn count((place, number): (usize, &AtomicU64)) -> (usize, u64) {
    (place, number.load(Ordering::Relaxed))
}

fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_way_is_in_its_place() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place, "{kind:?}");
        }
        for (place, way) in Way::ALL.into_iter().enumerate() {
            assert_eq!(way as usize, place, "{way:?}");
        }
    }

    #[test]
    fn answers_are_counted_by_what_they_are() {
        let requests = Requests::default();
        let millisecond = Duration::from_millis(1);
        requests.answered(Kind::Tarball, 302, Some(Way::CloudFront), millisecond);
        requests.answered(Kind::Tarball, 302, Some(Way::CloudFront), millisecond * 2);
        requests.answered(Kind::Tarball, 418, None, millisecond * 60_000);
        requests.answered(Kind::Names, 999, None, Duration::ZERO);
        let by_status: Vec<_> = requests.by_status().collect();
        let expected = [
            (Kind::Names, None, 1),
            (Kind::Tarball, Some(302), 2),
            (Kind::Tarball, None, 1),
        ];
        assert_eq!(by_status, expected);
        let by_way: Vec<_> = requests.by_way().collect();
        assert_eq!(by_way, [(Kind::Tarball, Way::CloudFront, 2)]);
        let (_, sum, buckets) = requests.durations().last().unwrap();
        assert!((sum - 60.003).abs() < 1e-9, "{sum}");
        let filled: Vec<_> = buckets
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(filled, [(0.001, 1), (0.0025, 1), (f64::INFINITY, 1)]);
    }

    #[test]
    fn paths_have_kinds() {
        let check = |path, kind| assert_eq!(Kind::of_path(path), kind, "{path}");
        check("/api/manage/licenses", Kind::Manage);
        check("//api//oauth/token", Kind::Oauth);
        check("/api", Kind::Api);
        check("/api/packages/manage", Kind::Api);
        check("/oauth/device", Kind::Pages);
        check("/healthz", Kind::Health);
        check("/", Kind::Pages);
    }
}
