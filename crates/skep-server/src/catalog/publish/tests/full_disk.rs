//! Publishing when there is no room. The test runs itself again on a disk of 8 MB: a file system in
//! memory where the kernel gives one to a namespace, else files that may not grow.

use std::io::Write;
use std::process::Command;

use super::*;
use crate::app::init::{InitOptions, init};
use crate::clock::Clock;
use crate::doctor::{self, Examination};
use crate::files::FilesError;

/// Lies where there is little room, and says to the second run that it is the second one.
const MARK: &str = "there-is-little-room";
const SMALL_DISK: &str = "mount -t tmpfs -o size=8m tmpfs . && cd \"$PWD\" && echo disk > there-is-little-room && exec \"$0\" \"$@\"";
/// SIGXFSZ ignored, a write beyond the limit is an error instead of the end of the process.
const SMALL_FILES: &str =
    "trap '' XFSZ; echo files > there-is-little-room; ulimit -f 8192; exec \"$0\" \"$@\"";

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_changes() {
    match fs_err::read_to_string(MARK).as_deref().map(str::trim_end) {
        Ok("disk") => on_a_small_disk().await,
        Ok(_) => with_small_files().await,
        Err(_) => run_again_with_little_room(),
    }
}

fn run_again_with_little_room() {
    let folder = tempfile::tempdir().unwrap();
    write_large(folder.path());
    let disk = folder.path().join("disk");
    fs_err::create_dir(&disk).unwrap();
    let in_namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script]).current_dir(&disk);
        command
    };
    let is_mounted = in_namespace("mount -t tmpfs -o size=8m tmpfs .").status();
    let mut command = if is_mounted.is_ok_and(|status| status.success()) {
        in_namespace(SMALL_DISK)
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", SMALL_FILES]).current_dir(&disk);
        command
    };
    let test = "catalog::publish::tests::full_disk::a_full_disk_is_named_and_nothing_changes";
    command
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"]);
    let output = command.output().unwrap();
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && shown.contains("1 passed"),
        "{shown}"
    );
}

/// A package of 12 MB that nothing makes smaller.
fn write_large(folder: &Path) {
    let random = Clock::system().random::<65_536>();
    let content: Vec<u8> = (0..192_u8)
        .flat_map(|round| random.map(|byte| byte ^ round))
        .collect();
    let metadata = metadata("large", "1.0.0");
    let tarball = create(&metadata, [("mix.exs", 0o644, content)], &Limits::default())
        .unwrap()
        .tarball;
    assert!(tarball.len() > 9 << 20, "{}", tarball.len());
    fs_err::write(folder.join("large.tar"), tarball).unwrap();
}

async fn on_a_small_disk() {
    let it = installation_here().await;
    it.publish("alpha", "1.0.0").await;
    refuse_large(&it).await;
    fill();
    let error = publish(&it.app, &it.request(&metadata("beta", "1.0.0"), ""))
        .await
        .unwrap_err();
    assert!(
        matches!(
            &error,
            PublishError::Files(FilesError::Full { .. })
                | PublishError::Database(db::DbError::Full)
        ),
        "{error:?}"
    );
    fs_err::remove_file("filler").unwrap();
    works_again(&it).await;
}

async fn with_small_files() {
    let it = installation_here().await;
    it.publish("alpha", "1.0.0").await;
    refuse_large(&it).await;
    works_again(&it).await;
}

/// An installation in the working folder. What it publishes lies elsewhere.
async fn installation_here() -> Installation {
    let folder = std::env::current_dir().unwrap();
    let (name, clock) = ("acme".parse().unwrap(), crate::clock::TestClock::at(TODAY));
    let options = InitOptions::new(folder.join("acme"), name);
    let made = init(&options, &clock.clock()).await.unwrap();
    let app = crate::app::App::open(made.config, clock.clock())
        .await
        .unwrap();
    Installation {
        folder: tempfile::tempdir_in("..").unwrap(),
        clock,
        app,
    }
}

async fn refuse_large(it: &Installation) {
    let request = Publish {
        tarball: "../large.tar".into(),
        ..it.request(&metadata("large", "1.0.0"), "")
    };
    let error = publish(&it.app, &request).await.unwrap_err();
    assert!(
        matches!(&error, PublishError::Files(FilesError::Full { .. })),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .starts_with("there is no room for `repos/acme/tarballs/large-1.0.0/"),
        "{error}"
    );
}

fn fill() {
    let mut file = fs_err::File::create("filler").unwrap();
    for block in [65_536, 4096, 1] {
        while file.write_all(&vec![1; block]).is_ok() {}
    }
}

async fn works_again(it: &Installation) {
    it.publish("gamma", "1.0.0").await;
    let names: Vec<_> = packages::list(&it.app, None).await.unwrap();
    let names: Vec<_> = names
        .iter()
        .map(|summary| summary.package.name.as_str())
        .collect();
    assert_eq!(names, ["alpha", "gamma"]);
    let checks =
        doctor::examine(&it.app.config, &it.app.clock, Examination { is_deep: true }).await;
    // A disk as small as this one never has the room that doctor wants.
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check.status == doctor::Status::Fail && check.name != "disk")
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
