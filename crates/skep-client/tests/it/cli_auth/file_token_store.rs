use std::path::Path;

use skep_client::cli_auth::{FileTokenStore, LockName, TokenScope, TokenStore, Tokens};

use super::world::{API, global, repository, server, tokens};

fn store(folder: &Path) -> FileTokenStore {
    FileTokenStore::new(folder.join("skep").join("tokens.json"))
}

#[test]
fn what_was_stored_is_found_by_its_scope() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    assert_eq!(store.load(&global()).unwrap(), None);
    let login = tokens("login", Some("refresh"), 3600);
    let key = tokens("exchanged", None, 1800);
    store.persist(&global(), &login).unwrap();
    store.persist(&repository("hexpm"), &key).unwrap();
    let other = TokenScope::Global(server("https://other.test/api"));
    let again = FileTokenStore::new(store.path());
    assert_eq!(again.load(&global()).unwrap(), Some(login));
    assert_eq!(again.load(&repository("hexpm")).unwrap(), Some(key.clone()));
    assert_eq!(again.load(&repository("hexpm:acme")).unwrap(), None);
    assert_eq!(again.load(&other).unwrap(), None);

    let newer = tokens("newer", None, 7200);
    again.persist(&global(), &newer).unwrap();
    assert_eq!(store.load(&global()).unwrap(), Some(newer));
    store.clear(&global()).unwrap();
    assert_eq!(store.load(&global()).unwrap(), None);
    assert_eq!(store.load(&repository("hexpm")).unwrap(), Some(key));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.persist(&global(), &tokens("login", None, 1)).unwrap();
    assert_eq!(mode(store.path()), 0o600);
    assert_eq!(mode(store.path().parent().unwrap()), 0o700);

    fs_err::set_permissions(store.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    store.persist(&global(), &tokens("newer", None, 1)).unwrap();
    assert_eq!(mode(store.path()), 0o600);
    for entry in fs_err::read_dir(store.path().parent().unwrap()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_file_of_something_else_is_an_error_that_shows_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.persist(&global(), &tokens("login", None, 1)).unwrap();
    for text in [
        r#"{"tokens": "tell-nobody"}"#,
        "tell-nobody",
        "",
        "{\"tokens\": [{\"server\": 1}]}",
    ] {
        fs_err::write(store.path(), text).unwrap();
        let error = store.load(&global()).unwrap_err().to_string();
        assert!(
            error.contains("is not a file of tokens") && !error.contains("tell"),
            "{error}"
        );
        assert!(store.persist(&global(), &tokens("login", None, 1)).is_err());
        assert_eq!(
            fs_err::read_to_string(store.path()).unwrap(),
            text,
            "it is left as it is"
        );
    }
    fs_err::write(store.path(), vec![b' '; 2 * 1024 * 1024]).unwrap();
    let error = store.load(&global()).unwrap_err().to_string();
    assert!(error.ends_with("has more than `1048576` bytes"), "{error}");
}

#[test]
fn a_lock_is_taken_once_and_given_up_when_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (store(folder.path()), store(folder.path()));
    let name = LockName::Tokens(server(API));
    let guard = store.try_lock(&name).unwrap();
    assert!(guard.is_some());
    assert!(other.try_lock(&name).unwrap().is_none());
    let another = LockName::Login(server(API));
    assert!(other.try_lock(&another).unwrap().is_some());
    drop(guard);
    assert!(other.try_lock(&name).unwrap().is_some());
}

#[test]
fn readers_never_see_half_a_file_and_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let scope = |writer: usize| repository(&format!("repo{writer}"));
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let store = &store;
            threads.spawn(move || {
                for round in 0..20 {
                    let value: Tokens = tokens(&"x".repeat(round * 50 + 1), None, 0);
                    store.persist(&scope(writer), &value).unwrap();
                    assert_eq!(store.load(&scope(writer)).unwrap(), Some(value));
                }
            });
        }
    });
    for writer in 0..4 {
        assert!(store.load(&scope(writer)).unwrap().is_some());
    }
}
