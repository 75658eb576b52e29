use std::path::{Path, PathBuf};

use super::init::{InitError, InitOptions, Initialized, init};
use super::*;
use crate::clock::{TestClock, Timestamp};

/// The day on which tests happen.
pub(crate) const TODAY: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// An installation in a folder that goes away.
pub(crate) struct Installation {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: TestClock,
    pub(crate) app: App,
}

impl Installation {
    /// As `init` makes it, but for the key: making one takes long.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["files", "spool"] {
            fs_err::create_dir(folder.path().join(name)).unwrap();
        }
        fs_err::copy(golden_key("rsa2048.pem"), folder.path().join("key.pem")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let owner = std::fs::Permissions::from_mode(0o600);
            fs_err::set_permissions(folder.path().join("key.pem"), owner).unwrap();
        }
        let text = "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n";
        let config = Config::parse(text, folder.path(), &[]).unwrap();
        Db::open(config.database.reveal(), OpenMode::Create)
            .await
            .unwrap()
            .close()
            .await;
        let clock = TestClock::at(TODAY);
        let app = App::open(config, clock.clock()).await.unwrap();
        Self { folder, clock, app }
    }
}

/// A key that others know.
pub(crate) fn golden_key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/golden/keys")
        .join(name)
}

fn options(dir: &Path) -> InitOptions {
    InitOptions::new(dir, "acme".parse().unwrap())
}

async fn installation(dir: &Path) -> Initialized {
    init(&options(dir), &Clock::system()).await.unwrap()
}

fn sentence(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[tokio::test]
async fn a_new_installation_opens_as_its_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let made = installation(&folder.path().join("new/acme")).await;
    let config = Config::load(&made.config_path, &[]).unwrap();
    let app = App::open(config, Clock::system()).await.unwrap();
    let name = "acme".parse().unwrap();
    assert_eq!(app.signer(&name).unwrap().fingerprint, made.fingerprint);
    assert_eq!(app.repository(None).unwrap().name, name);
    let unknown = app.repository(Some(&"other".parse().unwrap())).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no repository `other`; the configuration has `acme`"
    );
    let again = App::open(app.config.clone(), Clock::system())
        .await
        .unwrap();
    assert_eq!(app.local_url_key(), again.local_url_key());
    assert_ne!(app.local_url_key(), &[0; 32]);
}

#[tokio::test]
async fn the_url_and_port_are_written_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = Some("http://localhost:4711/".parse().unwrap());
    let made = init(
        &InitOptions {
            url,
            ..options(folder.path())
        },
        &Clock::system(),
    )
    .await
    .unwrap();
    assert_eq!(made.config.server.url, "http://localhost:4711");
    assert_eq!(made.config.server.listen.to_string(), "127.0.0.1:4711");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_the_signing_key_and_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let made = installation(folder.path()).await;
    for path in [made.key_path, folder.path().join("skep.db")] {
        assert_eq!(
            fs_err::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[tokio::test]
async fn nothing_is_ever_overwritten() {
    for name in ["skep.toml", "signing_key.pem", "skep.db", "files", "spool"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs_err::write(&path, "precious").unwrap();
        let error = init(&options(folder.path()), &Clock::system())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, InitError::Exists(found) | InitError::KeyExists(found) if *found == path),
            "{error}"
        );
        assert!(!error.to_string().contains("remove"), "{error}");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "precious");
        assert_eq!(
            fs_err::read_dir(folder.path()).unwrap().count(),
            1,
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_key_of_an_older_system_is_copied_or_used_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let brought = golden_key("rsa4096.pem");
    let known = read_signing_key(&brought).unwrap().fingerprint;
    let with_key = |dir: &str, key: &Path| InitOptions {
        private_key: Some(key.to_path_buf()),
        ..options(&folder.path().join(dir))
    };
    let made = init(&with_key("copied", &brought), &Clock::system())
        .await
        .unwrap();
    assert_eq!(made.fingerprint, known);
    assert_eq!(
        fs_err::read(&made.key_path).unwrap(),
        fs_err::read(&brought).unwrap()
    );
    let own = folder.path().join("here/signing_key.pem");
    fs_err::create_dir(folder.path().join("here")).unwrap();
    fs_err::copy(&brought, &own).unwrap();
    let made = init(&with_key("here", &own), &Clock::system())
        .await
        .unwrap();
    assert_eq!(made.fingerprint, known);
    #[cfg(unix)]
    for key in [folder.path().join("copied/signing_key.pem"), own.clone()] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs_err::metadata(key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let wrong = with_key("wrong", &golden_key("rsa2048_pub_spki.pem"));
    let error = init(&wrong, &Clock::system()).await.unwrap_err();
    assert!(sentence(&error).contains("rsa2048_pub_spki.pem"), "{error}");
    assert!(!folder.path().join("wrong").exists());
}

#[tokio::test]
async fn a_key_that_was_there_survives_an_init_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("signing_key.pem");
    fs_err::copy(golden_key("rsa2048.pem"), &key).unwrap();
    fs_err::write(folder.path().join("skep.db"), "precious").unwrap();
    let options = InitOptions {
        private_key: Some(key.clone()),
        ..options(folder.path())
    };
    init(&options, &Clock::system()).await.unwrap_err();
    assert!(key.exists());
}

#[tokio::test]
async fn the_name_of_hex_pm_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = InitOptions {
        name: "hexpm".parse().unwrap(),
        ..options(folder.path())
    };
    let error = init(&options, &Clock::system()).await.unwrap_err();
    assert!(matches!(error, InitError::NameOfHexPm), "{error}");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_repository_that_was_renamed_in_the_configuration_is_refused() {
    let it = Installation::new().await;
    let parse = |name: &str| {
        let text = format!("[[repository]]\nname = \"{name}\"\nprivate_key_file = \"key.pem\"\n");
        Config::parse(&text, it.folder.path(), &[]).unwrap()
    };
    for _ in 0..2 {
        let error = App::open(parse("other"), it.clock.clock())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(
                "the database has repository `acme`, and the configuration names only `other`"
            ),
            "{error}"
        );
    }
    App::open(parse("acme"), it.clock.clock()).await.unwrap();
}

#[tokio::test]
async fn a_failed_init_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("file"), "").unwrap();
    init(
        &options(&folder.path().join("file/below")),
        &Clock::system(),
    )
    .await
    .unwrap_err();
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn without_its_signing_key_it_refuses_to_start_and_makes_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let made = installation(folder.path()).await;
    fs_err::remove_file(&made.key_path).unwrap();
    let error = App::open(made.config, Clock::system()).await.unwrap_err();
    let text = sentence(&error);
    assert!(
        text.starts_with("the signing key of repository `acme` cannot be used: there is no file `"),
        "{text}"
    );
    assert!(!made.key_path.exists());
}

#[tokio::test]
async fn another_signing_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let made = installation(folder.path()).await;
    fs_err::copy(golden_key("rsa4096.pem"), &made.key_path).unwrap();
    let error = App::open(made.config.clone(), Clock::system())
        .await
        .unwrap_err();
    let StartError::AnotherKey { known, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*known, made.fingerprint);
    fs_err::write(&made.key_path, "no key").unwrap();
    let error = App::open(made.config, Clock::system()).await.unwrap_err();
    assert!(sentence(&error).contains("not PEM"), "{error}");
}

#[tokio::test]
async fn a_missing_database_or_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = installation(folder.path()).await;
    fs_err::remove_file(folder.path().join("skep.db")).unwrap();
    let error = App::open(made.config.clone(), Clock::system())
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::Open(_)), "{error}");
    assert!(!folder.path().join("skep.db").exists());
    fs_err::remove_dir(folder.path().join("files")).unwrap();
    let error = App::open(made.config, Clock::system()).await.unwrap_err();
    assert!(matches!(error, StartError::Files(_)), "{error}");
}
