//! A release without a date, and what a license makes of it.

use std::path::PathBuf;

use super::*;

fn dates(shop: &Shop, lines: &str) -> PathBuf {
    let file = shop.repository().with_file_name("dates.csv");
    fs_err::write(&file, format!("package,version,published_at\n{lines}")).unwrap();
    file
}

fn day(release: &Value) -> String {
    release["published_at"].as_str().unwrap()[..10].to_owned()
}

#[test]
fn nothing_is_guessed_while_a_license_has_an_update_window() {
    let site = site(&["ab-1.0.0", "ab-1.1.0"]);
    let shop = new_shop();
    shop.license(
        "rosa@example.com",
        &["--plan", "perpetual", "--updates-until", "2024-06-30"],
    );
    let refused = shop.skep(&["import", site.root()]).failed();
    assert_eq!(refused.code, 1);
    refused
        .says("2 releases have no date, and a license sees releases up to a date: nothing was imported")
        .says("ab 1.0.0")
        .says("--dates-from-mtime");
    let only_one = dates(&shop, "ab,1.0.0,2024-03-01\n");
    let only_one = only_one.to_str().unwrap();
    shop.skep(&["import", site.root(), "--dates", only_one])
        .failed()
        .says("one release has no date")
        .says("ab 1.1.0");
    shop.skep(&["package", "show", "ab"]).failed();
    let both = ["--dates", only_one, "--dates-from-mtime"];
    let done = imported(&shop, &[&[site.root()], &both[..]].concat());
    assert_eq!(names(&done["imported"]).len(), 2);
    assert_eq!(day(&release(&shop, "ab", "1.0.0")), "2024-03-01");
    assert_eq!(day(&release(&shop, "ab", "1.1.0")), SITES_DAY);
}

#[test]
fn without_such_a_license_now_counts_and_is_said() {
    let site = site(&["ab-1.0.0"]);
    let shop = new_shop();
    shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.skep(&["import", site.root()])
        .succeeded()
        .says("one release has no date and counts as published now");
    let file = dates(&shop, "ab,1.0.0,2023-05-05\n");
    let file = file.to_str().unwrap();
    let held = partly_imported(&shop, &[site.root(), "--dates", file]);
    assert_eq!(held["held"][0]["what"], "date", "{held}");
    let done = imported(&shop, &[site.root(), "--dates", file, "--replace"]);
    assert_eq!(names(&done["amended"]), ["ab 1.0.0"]);
    assert_eq!(day(&release(&shop, "ab", "1.0.0")), "2023-05-05");
}

#[test]
fn dates_of_what_is_not_there_are_named_and_bad_ones_refused() {
    let site = site(&["ab-1.0.0"]);
    let shop = new_shop();
    let file = dates(
        &shop,
        "ab,1.0.0,2023-05-05\nab,9.9.9,2023-05-05\nzz,1.0.0,2023-05-05\n",
    );
    shop.skep(&["import", site.root(), "--dates", file.to_str().unwrap()])
        .succeeded()
        .says("the dates name releases that are not there: ab 9.9.9, zz 1.0.0");
    let file = dates(&shop, "ab,1.0.0,soon\n");
    shop.skep(&["import", site.root(), "--dates", file.to_str().unwrap()])
        .failed()
        .says("line 2: `soon` is not a date");
}

#[test]
fn the_times_of_files_are_taken_one_by_one() {
    let site = site(&["ab-1.0.0", "ab-1.1.0"]);
    set_time(&site.path("tarballs/ab-1.1.0.tar"), 86_400 * 60);
    site.built(&[]);
    let shop = new_shop();
    imported(&shop, &[site.root(), "--dates-from-mtime"]);
    assert_eq!(day(&release(&shop, "ab", "1.0.0")), SITES_DAY);
    assert_eq!(day(&release(&shop, "ab", "1.1.0")), "2024-03-01");
}
