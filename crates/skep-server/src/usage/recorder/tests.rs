use super::*;
use crate::clock::Clock;
use crate::delivery::Way;
use crate::ids::{KeyId, LicenseId};
use crate::usage::FileKind;
use crate::usage::address::Addresses;
use crate::usage::rows::{Format, Reader};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_003);

fn request(version: &str) -> Request<'_> {
    Request {
        caller: None,
        repository: "acme",
        file: FileKind::Tarball,
        package: Some("alpha"),
        version: Some(version),
        status: 302,
        delivery: Some(Way::CloudFront),
        address: Addresses::Truncated.of([203, 0, 113, 7].into()),
        client: Client {
            name: "mix",
            version: Some("2.5.2"),
            elixir: Some("1.18.0"),
            otp: Some("27"),
            is_ci: true,
        },
    }
}

fn take(recorder: &Recorder) -> Vec<Counted> {
    let mut rows = Rows::default();
    recorder.take(&mut rows);
    rows.sealed(1000)
        .flat_map(|part| Reader::new(part, Format::Second).map(Result::unwrap))
        .collect()
}

fn total(rows: &[Counted]) -> u64 {
    rows.iter().map(|row| row.requests).sum()
}

#[test]
fn requests_that_are_alike_within_ten_seconds_are_one_row() {
    let recorder = Recorder::default();
    for second in 0..7 {
        recorder.record(&request("1.0.0"), NOW.plus_seconds(second));
    }
    let rows = take(&recorder);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].at, rows[0].requests),
        (Timestamp::from_seconds(1_700_000_000), 7)
    );
    assert_eq!(rows[0].request(), request("1.0.0"));
    assert!(take(&recorder).is_empty());
}

#[test]
fn whatever_differs_is_another_row() {
    let recorder = Recorder::default();
    let clock = Clock::system();
    let with_key = Request {
        caller: Some((KeyId::new(&clock), LicenseId::new(&clock))),
        ..request("1.0.0")
    };
    for address in ["203.0.113.8", "203.0.114.7", "2001:db8::1"] {
        let address = Addresses::Truncated.of(address.parse().unwrap());
        let request = Request {
            address,
            ..request("1.0.0")
        };
        recorder.record(&request, NOW);
    }
    recorder.record(
        &Request {
            delivery: None,
            ..request("1.0.0")
        },
        NOW,
    );
    let elsewhere = Client {
        is_ci: false,
        ..request("1.0.0").client
    };
    recorder.record(&request("1.0.0"), NOW);
    recorder.record(&request("1.0.0"), NOW.plus_seconds(10));
    recorder.record(&request("1.1.0"), NOW);
    recorder.record(&with_key, NOW);
    recorder.record(
        &Request {
            status: 402,
            ..request("1.0.0")
        },
        NOW,
    );
    recorder.record(
        &Request {
            client: elsewhere,
            ..request("1.0.0")
        },
        NOW,
    );
    assert_eq!(take(&recorder).len(), 9);
}

#[test]
fn under_pressure_rows_get_coarser_and_nothing_is_dropped() {
    let recorder = Recorder::default();
    let clock = Clock::system();
    let license = LicenseId::new(&clock);
    for number in 0..150_000_u64 {
        let text = number.to_string();
        let client = Client {
            name: "mix",
            version: Some(&text),
            ..Client::default()
        };
        let caller = (number % 2 == 0).then(|| (KeyId::new(&clock), license));
        recorder.record(
            &Request {
                client,
                caller,
                file: FileKind::Docs,
                ..request(&text)
            },
            NOW,
        );
    }
    let rows = take(&recorder);
    assert_eq!(total(&rows), 150_000);
    assert!(rows.len() < 7 * FULL_ROWS * SHARDS, "{}", rows.len());
    assert!(
        rows.iter()
            .any(|row| row.version.is_some() && row.client_version.is_none())
    );
    assert!(
        rows.iter()
            .any(|row| row.version.is_some() && row.address.is_none())
    );
    assert!(
        rows.iter()
            .any(|row| row.key.is_some() && row.package.is_none())
    );
}

#[test]
fn a_download_keeps_its_release_whatever_the_pressure() {
    let recorder = Recorder::default();
    let clock = Clock::system();
    let caller = Some((KeyId::new(&clock), LicenseId::new(&clock)));
    for number in 0..2 * 7 * FULL_ROWS * SHARDS {
        let version = number.to_string();
        let request = Request {
            caller,
            ..request(&version)
        };
        recorder.record(&request, NOW);
    }
    let rows = take(&recorder);
    assert_eq!(rows.len(), 2 * 7 * FULL_ROWS * SHARDS);
    assert!(rows.iter().all(|row| row.version.is_some()));
}

#[test]
fn hours_without_a_disk_stay_within_bounds() {
    let recorder = Recorder::default();
    let clock = Clock::system();
    let callers = [(); 10].map(|()| (KeyId::new(&clock), LicenseId::new(&clock)));
    let versions = ["1.0.0", "1.1.0", "1.2.0"];
    let windows = 12 * 360;
    for window in 0..windows {
        for (caller, version) in callers.iter().flat_map(|key| versions.map(|of| (key, of))) {
            let request = Request {
                caller: Some(*caller),
                ..request(version)
            };
            recorder.record(&request, NOW.plus_seconds(window * WINDOW_SECONDS));
        }
        if window % 60 == 0 {
            let rows = take(&recorder);
            recorder.put_back(rows.into_iter());
        }
    }
    let rows = take(&recorder);
    assert_eq!(total(&rows), 30 * windows.cast_unsigned());
    assert!(rows.len() < 7 * FULL_ROWS * SHARDS, "{}", rows.len());
    assert!(rows.iter().all(|row| row.version.is_some()));
    let coarse = rows.iter().map(|row| row.requests).max();
    assert!(coarse > Some(60), "{coarse:?}");
}

#[tokio::test]
async fn a_full_recorder_asks_to_be_emptied() {
    let recorder = Recorder::default();
    for number in 0..FULL_ROWS * SHARDS * 2 {
        recorder.record(&request(&number.to_string()), NOW);
    }
    recorder.full().await;
}

#[test]
fn counts_put_back_join_those_made_meanwhile() {
    let recorder = Recorder::default();
    recorder.record(&request("1.0.0"), NOW);
    let rows = take(&recorder);
    recorder.record(&request("1.0.0"), NOW);
    recorder.put_back(rows.into_iter());
    let rows = take(&recorder);
    assert_eq!((rows.len(), total(&rows)), (1, 2));
}

#[test]
fn a_long_text_is_cut_where_a_character_ends() {
    let recorder = Recorder::default();
    let long = "ü".repeat(100);
    let client = Client {
        name: &long,
        version: Some(&long),
        ..Client::default()
    };
    recorder.record(
        &Request {
            client,
            ..request("1.0.0")
        },
        NOW,
    );
    assert_eq!(take(&recorder)[0].client.as_ref(), "ü".repeat(32));
}

#[test]
fn threads_lose_no_count() {
    let recorder = Recorder::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..1000)
                    .for_each(|number| recorder.record(&request(&(number % 10).to_string()), NOW))
            });
        }
    });
    let rows = take(&recorder);
    assert_eq!((rows.len(), total(&rows)), (10, 4000));
}
