use serde_json::json;
use skep_formats::gzip::decompress;

use super::site::{Site, golden, set_time};

#[test]
fn the_golden_registry_comes_out_the_same() {
    let site = Site::new();
    let public = golden("static_registry/public");
    for entry in fs_err::read_dir(public.join("tarballs")).unwrap() {
        let entry = entry.unwrap();
        let file = format!("tarballs/{}", entry.file_name().to_str().unwrap());
        site.write(&file, &fs_err::read(entry.path()).unwrap());
    }
    site.build(&[]).succeeded();
    let files = site.files();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "names",
        "packages/alpha",
        "packages/gleam_stdlib",
        "packages/reb",
        "packages/tiny",
        "public_key",
        "versions",
    ];
    assert_eq!(names, expected);
    for (name, data) in files {
        let theirs = fs_err::read(public.join(&name)).unwrap();
        if name == "public_key" {
            assert_eq!(data, theirs);
        } else {
            // Payload and signature; how gzip packs them is its own business.
            let unpack = |file: &[u8]| decompress(file, 1 << 20).unwrap();
            assert_eq!(unpack(&data), unpack(&theirs), "{name}");
        }
    }
    site.verify(&[]).succeeded();
}

#[test]
fn it_says_what_it_does_as_mix_says_it() {
    let site = Site::new();
    site.add(&["ab-1.0.0", "cd-1.0.0", "cd-1.1.0"]);
    let ran = site.build(&[]).succeeded();
    let root = site.root();
    let expected = format!(
        "* creating {root}/names\n* creating {root}/packages/ab\n* creating {root}/packages/cd\n\
         * creating {root}/public_key\n* creating {root}/versions\n\
         built: 3 releases of 2 packages, 3 tarballs read\n"
    );
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.stderr, "");
    let again = site.build(&[]).succeeded();
    assert_eq!(
        again.stdout,
        "up to date: 3 releases of 2 packages, 0 tarballs read\n"
    );
}

#[test]
fn a_new_directory_is_made() {
    let site = Site::new();
    fs_err::remove_dir(site.path("tarballs")).unwrap();
    let built = site.built(&[]);
    assert_eq!(
        built["created"],
        json!(["names", "public_key", "tarballs", "versions"])
    );
    site.verify(&[]).succeeded();
}

#[test]
fn only_what_changed_is_read_and_written() {
    let site = Site::new();
    site.add(&["ab-1.0.0", "cd-1.0.0"]);
    site.built(&[]);
    site.add(&["ab-1.1.0"]);
    let built = site.built(&[]);
    assert_eq!(built["tarballs_read"], 1);
    assert_eq!(built["updated"], json!(["packages/ab", "versions"]));
    assert_eq!(built["created"], json!([]));
    set_time(&site.path("tarballs/cd-1.0.0.tar"), 60);
    let built = site.built(&[]);
    assert_eq!(built["tarballs_read"], 1);
    assert_eq!(
        built["updated"],
        json!(["names"]),
        "the package itself is as it was"
    );
    fs_err::remove_file(site.path("tarballs/ab-1.0.0.tar")).unwrap();
    let built = site.built(&[]);
    assert_eq!(built["tarballs_read"], 0);
    assert_eq!(built["updated"], json!(["packages/ab", "versions"]));
    fs_err::remove_file(site.path("tarballs/cd-1.0.0.tar")).unwrap();
    let built = site.built(&[]);
    assert_eq!(built["removed"], json!(["packages/cd"]));
    assert_eq!(built["updated"], json!(["names", "versions"]));
    assert!(!site.path("packages/cd").exists());
    site.verify(&[]).succeeded();
}

#[test]
fn an_incremental_build_ends_where_a_full_one_does() {
    let site = Site::new();
    site.add(&["ab-1.10.0", "ab-1.9.0", "cd-1.0.0"]);
    site.built(&[]);
    site.add(&["ab-1.9.1-rc.1", "ef-0.1.0"]);
    fs_err::remove_file(site.path("tarballs/cd-1.0.0.tar")).unwrap();
    site.built(&[]);
    let incremental = site.files();
    let full = site.built(&["--full"]);
    assert_eq!(full["tarballs_read"], 4);
    assert_eq!(site.files(), incremental);
}

#[test]
fn what_was_changed_or_deleted_behind_its_back_is_made_again() {
    let site = Site::new();
    site.add(&["ab-1.0.0", "cd-1.0.0"]);
    site.built(&[]);
    let files = site.files();
    fs_err::write(site.path("packages/ab"), "").unwrap();
    fs_err::remove_file(site.path("packages/cd")).unwrap();
    fs_err::write(site.path("names"), "x").unwrap();
    fs_err::remove_file(site.path("versions")).unwrap();
    fs_err::write(site.path("packages/stale"), "x").unwrap();
    let built = site.built(&[]);
    assert_eq!(built["created"], json!(["packages/cd", "versions"]));
    assert_eq!(built["updated"], json!(["names", "packages/ab"]));
    assert_eq!(built["removed"], json!(["packages/stale"]));
    assert_eq!(site.files(), files);
}

#[test]
fn a_manifest_that_is_damaged_or_of_another_repository_is_not_believed() {
    let site = Site::new();
    site.add(&["ab-1.0.0"]);
    site.built(&[]);
    fs_err::write(
        site.path(".skep/manifest"),
        "skep-registry-manifest 1\nrepos",
    )
    .unwrap();
    assert_eq!(site.built(&[])["tarballs_read"], 1);
    let site = site.called("other");
    let ran = site.build(&["--json"]).succeeded();
    assert!(
        ran.stderr.contains("this was the repository `acme`"),
        "{}",
        ran.stderr
    );
    let built: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(built["tarballs_read"], 1);
    assert_eq!(
        built["updated"],
        json!(["names", "packages/ab", "versions"])
    );
    site.verify(&["--name", "other"]).succeeded();
    let site = site.with_key("keys/rsa4096.pem");
    let ran = site.build(&[]).succeeded();
    assert!(
        ran.stderr.contains("public_key was another one"),
        "{}",
        ran.stderr
    );
    site.verify(&[]).succeeded();
}

#[test]
fn a_tarball_as_new_as_the_build_is_read_again() {
    let site = Site::new();
    site.add(&["ab-1.0.0"]);
    // Written in the same tick as the build begins, it could change without its time changing.
    set_time(&site.path("tarballs/ab-1.0.0.tar"), 1_000_000_000);
    assert_eq!(site.built(&[])["tarballs_read"], 1);
    let built = site.built(&[]);
    assert_eq!(built["tarballs_read"], 1);
    assert_eq!(built["updated"], json!([]));
}

#[test]
fn two_builds_at_once_are_kept_apart() {
    let site = Site::new();
    site.built(&[]);
    let lock = fs_err::File::open(site.path(".skep/lock")).unwrap();
    let lock = lock.into_parts().0;
    lock.try_lock().unwrap();
    let refused = site
        .build(&[])
        .failed()
        .says("another build of")
        .says("wait for it");
    assert_eq!(refused.code, 1);
    lock.unlock().unwrap();
    site.build(&[]).succeeded();
}

#[test]
fn thousands_of_files_are_summed_up() {
    let site = Site::new();
    let releases: Vec<String> = (0..60)
        .map(|number| format!("package_{number}-1.0.0"))
        .collect();
    let releases: Vec<&str> = releases.iter().map(String::as_str).collect();
    site.add(&releases);
    let ran = site.build(&[]).succeeded();
    assert_eq!(
        ran.stdout,
        "* creating 63 files\nbuilt: 60 releases of 60 packages, 60 tarballs read\n"
    );
}
