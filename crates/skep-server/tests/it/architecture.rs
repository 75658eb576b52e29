//! The layers, checked in the source: a rule that only people keep is not kept.

use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

struct Source {
    /// Below `crates/skep-server/src`: `http/files.rs`.
    path: String,
    /// Without comments and without tests.
    code: String,
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(ROOT).join("crates/skep-server/src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(
        files.len() > 20,
        "the sources are not where this test looks"
    );
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    files
        .iter()
        .map(|path| Source {
            path: path
                .strip_prefix(&root)
                .ok()
                .and_then(Path::to_str)
                .expect("a path below the root")
                .to_owned(),
            code: code_of(&fs_err::read_to_string(path).expect("a text")),
        })
        .filter(|source| !is_test(&source.path))
        .collect()
}

/// What is compiled into the product: inline tests are at the end of their file.
fn code_of(text: &str) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// `words` occur only in files that begin with one of `rooms`.
fn only_in(rooms: &[&str], words: &[&str]) {
    for source in sources() {
        let is_allowed = rooms.iter().any(|room| source.path.starts_with(room));
        for word in words {
            assert!(
                is_allowed || !source.code.contains(word),
                "`{word}` in {}: only in {rooms:?}",
                source.path
            );
        }
    }
}

#[test]
fn axum_is_in_http_and_the_router_only() {
    only_in(&["http.rs", "http/", "router.rs"], &["axum::", "use axum"]);
    only_in(
        &["http.rs", "http/", "router.rs", "serve.rs", "serve/"],
        &["hyper::", "hyper_util::", "tower_http::"],
    );
}

#[test]
fn sql_is_in_db_only() {
    only_in(
        &["db.rs", "db/"],
        &["sqlx", "SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE "],
    );
}

#[test]
fn the_object_store_is_in_files_only() {
    only_in(&["files.rs", "files/"], &["object_store"]);
}

#[test]
fn nothing_depends_on_http() {
    only_in(
        &["http.rs", "http/", "router.rs"],
        &["crate::http", "super::http"],
    );
    only_in(&["router.rs", "serve.rs", "serve/"], &["crate::router"]);
}

#[test]
fn time_and_randomness_come_from_the_clock() {
    let words = [
        "SystemTime::now",
        "Instant::now",
        "now_utc",
        "now_local",
        "rand::fill",
        "now_v7",
        "new_v4",
        "thread_rng",
    ];
    only_in(&["clock.rs"], &words);
}

#[test]
fn the_environment_and_the_terminal_are_for_the_command_line() {
    only_in(
        &[],
        &[
            "std::env::var",
            "env::vars",
            "println!",
            "eprintln!",
            "print!(",
        ],
    );
}

#[test]
fn the_domain_knows_no_status_codes() {
    only_in(&["http.rs", "http/", "router.rs"], &["StatusCode"]);
}

#[test]
fn the_formats_are_pure() {
    let mut files = Vec::new();
    rust_files(&Path::new(ROOT).join("crates/skep-formats/src"), &mut files);
    for path in files {
        let code = code_of(&fs_err::read_to_string(&path).unwrap());
        for word in ["async fn", "tokio", "SystemTime", "std::env", "std::net"] {
            assert!(!code.contains(word), "`{word}` in {}", path.display());
        }
    }
}

#[test]
fn the_architecture_page_names_every_crate_and_every_module() {
    let page = fs_err::read_to_string(Path::new(ROOT).join("docs/ARCHITECTURE.md")).unwrap();
    for entry in fs_err::read_dir(Path::new(ROOT).join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/ARCHITECTURE.md does not name the crate `{name}`"
        );
    }
    for source in sources() {
        let module = source.path.split(['/', '.']).next().unwrap();
        let is_named = module == "lib" || page.contains(&format!("`{module}`"));
        assert!(
            is_named,
            "docs/ARCHITECTURE.md does not name the module `{module}`"
        );
    }
}

#[test]
fn there_is_no_mod_rs() {
    for source in sources() {
        assert!(
            !source.path.ends_with("mod.rs"),
            "{}: `foo.rs` beside `foo/`, not `foo/mod.rs`",
            source.path
        );
    }
}
