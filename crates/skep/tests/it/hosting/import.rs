//! Static registries, in folders and buckets.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::*;
use crate::support::outside::seaweedfs;
use crate::support::run::run;

#[test]
fn a_folder_is_taken_over_byte_for_byte_and_again_changes_nothing() {
    let site = site(&["ab-1.0.0", "ab-1.1.0", "cd-1.0.0"]);
    fs_err::create_dir(site.path("docs")).unwrap();
    let docs = fs_err::read(golden("docs/valid.tar.gz")).unwrap();
    fs_err::write(site.path("docs/ab-1.0.0.tar.gz"), &docs).unwrap();
    let shop = new_shop();
    let arguments = [site.root(), "--dates-from-mtime"];
    let planned = imported(&shop, &[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(
        planned["would_do"].as_array().unwrap().len(),
        3,
        "{planned}"
    );
    shop.skep(&["package", "show", "ab"]).failed();
    let done = imported(&shop, &arguments);
    assert_eq!(
        names(&done["imported"]),
        ["ab 1.0.0", "ab 1.1.0", "cd 1.0.0"]
    );
    let tarball = fs_err::read(site.path("tarballs/ab-1.1.0.tar")).unwrap();
    assert_eq!(stored(&shop, "ab", "1.1.0"), tarball);
    let found = release(&shop, "ab", "1.0.0");
    assert_eq!(
        &found["published_at"].as_str().unwrap()[..10],
        SITES_DAY,
        "{found}"
    );
    assert_eq!(found["has_docs"], true, "{found}");
    let public = shop.repository().with_file_name("looked-at");
    let stored_docs = fs_err::read(public.join("docs/ab-1.0.0.tar.gz")).unwrap();
    assert_eq!(stored_docs, docs);
    let again = imported(&shop, &arguments);
    assert_eq!(
        (names(&again["imported"]).len(), &again["unchanged"]),
        (0, &3.into())
    );
}

#[test]
fn only_what_is_new_comes_and_what_is_only_here_stays() {
    let site = site(&["ab-1.0.0", "cd-1.0.0"]);
    let shop = new_shop();
    imported(&shop, &[site.root(), "--dates-from-mtime"]);
    shop.publish(&Package::new("own", "1.0.0"), "2024-01-10");
    fs_err::remove_file(site.path("tarballs/cd-1.0.0.tar")).unwrap();
    site.add(&["ab-1.1.0"]);
    site.built(&[]);
    let next = imported(&shop, &[site.root(), "--dates-from-mtime"]);
    assert_eq!(names(&next["imported"]), ["ab 1.1.0"]);
    assert_eq!(names(&next["only_here"]), ["cd 1.0.0", "own 1.0.0"]);
    let planned = imported(&shop, &[site.root(), "--delete", "--dry-run"]);
    assert_eq!(planned["would_do"][1], "delete own 1.0.0", "{planned}");
    let deleted = imported(&shop, &[site.root(), "--delete"]);
    assert_eq!(names(&deleted["deleted"]), ["cd 1.0.0", "own 1.0.0"]);
    shop.skep(&["package", "show", "own"]).failed();
}

#[test]
fn another_tarball_waits_for_replace() {
    let site = site(&["ab-1.0.0"]);
    let shop = new_shop();
    imported(&shop, &[site.root(), "--dates-from-mtime"]);
    let before = release(&shop, "ab", "1.0.0");
    let other = Package::new("ab", "1.0.0")
        .described("Another thing")
        .tarball();
    site.write("tarballs/ab-1.0.0.tar", &other);
    site.built(&["--full"]);
    let held = partly_imported(&shop, &[site.root(), "--dates-from-mtime"]);
    assert_eq!(held["held"][0]["what"], "tarball", "{held}");
    assert_eq!(release(&shop, "ab", "1.0.0"), before);
    let done = imported(&shop, &[site.root(), "--dates-from-mtime", "--replace"]);
    assert_eq!(names(&done["replaced"]), ["ab 1.0.0"]);
    let after = release(&shop, "ab", "1.0.0");
    assert_eq!(after["published_at"], before["published_at"]);
    assert_ne!(after["outer_checksum"], before["outer_checksum"]);
}

#[test]
fn the_registry_of_another_tool_comes_in() {
    let shop = new_shop();
    let source = golden("static_registry/public");
    let done = partly_imported(&shop, &[source.to_str().unwrap()]);
    assert_eq!(
        names(&done["imported"]),
        ["alpha 1.0.0", "gleam_stdlib 0.14.0", "tiny 0.0.1"],
        "{done}"
    );
    // Ours takes no build metadata, and says so.
    let failed = &done["failed"][0];
    assert_eq!(failed["what"], "reb 2.3.4-beta.1+b5", "{done}");
    let error = failed["error"].as_str().unwrap();
    assert!(error.contains("has build metadata"), "{error}");
    let tarball = fs_err::read(source.join("tarballs/alpha-1.0.0.tar")).unwrap();
    assert_eq!(stored(&shop, "alpha", "1.0.0"), tarball);
}

#[test]
fn a_bucket_is_a_source_too() {
    let site = site(&["ab-1.0.0", "cd-1.0.0"]);
    let place = format!("s3://{}/{}", seaweedfs::BUCKET, seaweedfs::new_prefix());
    let endpoint = seaweedfs::endpoint();
    let there = [&*place, "--region", "us-east-1", "--endpoint", &endpoint];
    let with_credentials = |mut command: std::process::Command| {
        command.env("AWS_ACCESS_KEY_ID", seaweedfs::ACCESS_KEY_ID);
        command.env("AWS_SECRET_ACCESS_KEY", seaweedfs::SECRET_ACCESS_KEY);
        run(&mut command)
    };
    let shop = new_shop();
    let mut sync = shop.command();
    sync.args(["registry", "sync", site.root()]).args(there);
    with_credentials(sync).succeeded();
    let mut import = shop.command();
    import
        .args(["--json", "import"])
        .args(there)
        .arg("--dates-from-mtime");
    let done = json(with_credentials(import).succeeded());
    assert_eq!(names(&done["imported"]), ["ab 1.0.0", "cd 1.0.0"]);
    let tarball = fs_err::read(site.path("tarballs/ab-1.0.0.tar")).unwrap();
    assert_eq!(stored(&shop, "ab", "1.0.0"), tarball);
}

#[test]
fn an_interrupted_import_goes_on() {
    let names: Vec<String> = (0..40).map(|number| format!("ab-1.{number}.0")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = site(&names);
    let shop = new_shop();
    let mut kills = 0;
    for milliseconds in [40, 80, 120, 160, 200] {
        let mut command = shop.command();
        command.args(["import", site.root(), "--dates-from-mtime"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().expect("SIGKILL can be sent");
        use std::os::unix::process::ExitStatusExt;
        kills += u32::from(child.wait().expect("it ends").signal() == Some(9));
    }
    assert!(kills > 0, "no kill came in time");
    let rest = imported(&shop, &[site.root(), "--dates-from-mtime"]);
    let here =
        rest["imported"].as_array().unwrap().len() as u64 + rest["unchanged"].as_u64().unwrap();
    assert_eq!(here, 40, "{rest}");
    shop.skep(&["doctor", "--deep"]).succeeded();
}
