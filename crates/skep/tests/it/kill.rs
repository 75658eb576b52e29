//! `kill -9` in the middle of publishing: what was acknowledged is there afterwards, and nothing is
//! half there.

mod over_http;

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

use skep_formats::checksum::Sha256;
use skep_server::clock::Clock;

use crate::support::{
    http,
    package::Package,
    shop::{License, Shop},
};

const KILLS: u64 = 50;
/// Some are through before the kill, which then does not count.
const MOST_BATCHES: u64 = 2 * KILLS;
/// Releases that one `skep publish` is given.
const BATCH: u64 = 16;
const SEED: u64 = 0x5eed_0f5c_e900_2026;

/// The same numbers on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        // Xorshift: good enough to spread the kills.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

struct Release {
    name: String,
    file: PathBuf,
    checksum: Sha256,
}

impl Release {
    fn new(folder: &Path, number: u64) -> Self {
        let name = format!("widget_{}", number % 7);
        let version = format!("1.0.{number}");
        let package = Package::new(&name, &version);
        let (file, tarball) = (folder.join(package.file_name()), package.tarball());
        fs_err::write(&file, &tarball).expect("the temporary folder is writable");
        let checksum = Sha256::of(&tarball);
        Self {
            name: format!("{name} {version}"),
            file,
            checksum,
        }
    }
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a failing test shows what happened before"
)]
fn every_acknowledged_release_survives_50_kills() {
    eprintln!("seed {SEED:#x}");
    let mut numbers = Numbers(SEED);
    let mut shop = Shop::init();
    shop.skep(&["product", "create", "tools", "--package", "widget*"])
        .succeeded();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    let folder = shop.repository().with_file_name("tarballs");
    fs_err::create_dir(&folder).expect("the temporary folder is writable");
    let mut batches = (0..MOST_BATCHES).map(|batch| -> Vec<Release> {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        numbers
            .map(|number| Release::new(&folder, number))
            .collect()
    });
    // One undisturbed, to know how long it takes.
    let begin = Clock::system().now();
    let mut releases = batches.next().expect("there are more");
    let (mut acknowledged, _) = publish(&shop, &releases, None);
    let whole = Clock::system().now().micros().abs_diff(begin.micros());
    assert_eq!(acknowledged.len(), releases.len());
    let mut kills = 0;
    while kills < KILLS {
        let batch = batches.next().expect("most kills come in time");
        let patience = Duration::from_micros(numbers.below(whole));
        let (published, is_killed) = publish(&shop, &batch, Some(patience));
        acknowledged.extend(published);
        releases.extend(batch);
        kills += u64::from(is_killed);
    }
    eprintln!(
        "{kills} kills; {} of {} releases were acknowledged",
        acknowledged.len(),
        releases.len()
    );
    assert!(acknowledged.len() < releases.len(), "no kill was in time");
    shop.serve();
    for release in releases
        .iter()
        .filter(|release| acknowledged.contains(&release.name))
    {
        is_served(&shop, &license, release);
    }
    the_registry_is_whole(&shop, &license);
    every_release_can_be_published_again(&shop, &releases);
    for release in &releases {
        is_shown(&shop, &license, release);
    }
    the_registry_is_whole(&shop, &license);
}

/// Publishes a batch, killed after `patience`: what was acknowledged until then, and whether the kill is
/// what ended it.
fn publish(shop: &Shop, batch: &[Release], patience: Option<Duration>) -> (Vec<String>, bool) {
    let said = shop.repository().with_file_name("said");
    let file = fs_err::File::create(&said).expect("the temporary folder is writable");
    let mut publish = shop.command();
    publish
        .arg("publish")
        .args(batch.iter().map(|release| &release.file));
    let mut child = publish
        .stdout(file.into_parts().0)
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    if let Some(patience) = patience {
        thread::sleep(patience);
        child.kill().expect("SIGKILL can be sent");
    }
    let status = child.wait().expect("it ends");
    let said = fs_err::read_to_string(&said).expect("it was made");
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("Published ")?.strip_suffix('.'));
    let published = lines.map(str::to_owned).collect();
    (published, status.signal() == Some(9))
}

/// What another process publishes a running server shows within a second, or a few on a busy machine.
fn is_shown(shop: &Shop, license: &License, release: &Release) {
    for _ in 0..100 {
        if fetch(shop, license, release).status == 200 {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    is_served(shop, license, release);
}

fn fetch(shop: &Shop, license: &License, release: &Release) -> http::Response {
    let file = release
        .file
        .file_name()
        .and_then(|name| name.to_str())
        .expect("UTF-8");
    let url = format!("{}/tarballs/{file}", shop.repository_url());
    http::get(&url, &[("authorization", &license.key)]).expect("the server answers")
}

fn is_served(shop: &Shop, license: &License, release: &Release) {
    let answer = fetch(shop, license, release);
    assert_eq!(answer.status, 200, "{}: {}", release.name, answer.text());
    assert_eq!(
        Sha256::of(&answer.body),
        release.checksum,
        "{}",
        release.name
    );
}

/// Signed, and every tarball it names is there: from outside, and in the eyes of the doctor.
fn the_registry_is_whole(shop: &Shop, license: &License) {
    let key = shop.repository().with_file_name("license-key");
    fs_err::write(&key, &license.key).expect("the temporary folder is writable");
    let key = key.to_str().expect("UTF-8");
    shop.skep(&[
        "registry",
        "verify",
        &shop.repository_url(),
        "--auth-key-file",
        key,
    ])
    .succeeded();
    shop.skep(&["doctor", "--deep"]).succeeded();
}

fn every_release_can_be_published_again(shop: &Shop, releases: &[Release]) {
    let files = releases
        .iter()
        .map(|release| release.file.to_str().expect("UTF-8"));
    let arguments: Vec<&str> = ["publish", "--replace"].into_iter().chain(files).collect();
    shop.skep(&arguments).succeeded();
}
