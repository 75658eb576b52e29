use std::sync::atomic::{AtomicBool, Ordering};

use skep_server::app::App;
use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::db::transfer::TransferError;
use skep_server::doctor::{Examination, Status, examine, verdict};
use skep_server::transfer::{
    Backup, BackupError, BackupOptions, RestoreOptions, backup, restore, write_configuration,
};

use super::rows::contents;
use super::{back_up, config_at, quietly, restore_to};
use crate::support::{Sale, Setup, TestApp, on_each_app, postgres};

fn url_of(app: &TestApp) -> String {
    app.node.app.config.database.reveal().to_owned()
}

/// All checks of the doctor that are not well, but for what is only so in tests.
async fn complaints(config: &Config) -> Vec<String> {
    let examination = Examination { is_deep: true };
    let checks = examine(config, &Clock::system(), examination).await;
    let failed = checks.iter().filter(|check| check.status == Status::Fail);
    assert!(verdict(&checks) <= Status::Fail);
    // The tests' clock is ahead or behind of this machine's.
    let failed = failed.filter(|check| check.name != "clock");
    failed
        .map(|check| format!("{}: {}", check.name, check.text))
        .collect()
}

#[tokio::test]
async fn everything_comes_back_on_either_database() {
    on_each_app(async |app: TestApp| {
        let tarball = app.publish("alpha", "1.0.0").await;
        app.publish("beta", "2.0.0").await;
        let sold = app.sell(Sale::of("alpha")).await;
        app.settle().await;
        let path = "/repo/packages/alpha";
        let before = app.get(path).key(&sold.key).send().await.body;
        let (file, made) = back_up(&app, "backup.tar").await;
        assert_eq!(made.manifest.files.unwrap().count, 2);
        assert_eq!(made.manifest.rows("licenses"), 1);
        let names: Vec<_> = made
            .manifest
            .repositories
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(names, ["acme", "sub"]);
        let expected = contents(&url_of(&app)).await;
        for to in ["sqlite:skep.db".to_owned(), postgres::new_database()] {
            let dir = tempfile::tempdir().unwrap();
            let config = config_at(dir.path(), &to);
            let restored = restore_to(&config, &file).await;
            assert_eq!((restored.files, restored.missing.len()), (2, 0));
            let found = contents(config.database.reveal()).await;
            assert_eq!(found, expected);
            assert_eq!(complaints(&config).await, Vec::<String>::new());
            let opened = App::open(config, Clock::system()).await.unwrap();
            assert_eq!(opened.local_url_key(), app.node.app.local_url_key());
            opened.db.close().await;
        }
        // The same app, from the backup alone.
        let settings =
            [("SKEP_DATABASE__URL", &*postgres::new_database())].map(|(n, v)| (n, v.to_owned()));
        let dir = tempfile::tempdir().unwrap();
        let config = config_at(dir.path(), &settings[0].1);
        restore_to(&config, &file).await;
        let files = format!("file:{}", dir.path().join("files").display());
        let restored = app
            .restart_with(&[
                (settings[0].0, &settings[0].1),
                ("SKEP_STORAGE__URL", &files),
            ])
            .await;
        assert_eq!(restored.get(path).key(&sold.key).send().await.body, before);
        let answer = restored
            .get("/repo/tarballs/alpha-1.0.0.tar")
            .key(&sold.key)
            .send()
            .await;
        assert_eq!((answer.status, answer.body), (200, tarball));
    })
    .await;
}

#[tokio::test]
async fn a_backup_is_for_its_owner_alone_and_overwrites_nothing() {
    let app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let (file, _) = back_up(&app, "backup.tar").await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs_err::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = fs_err::read(&file).unwrap();
    let options = BackupOptions {
        file: file.clone(),
        with_files: None,
        configuration: None,
        is_verified: true,
    };
    let again = backup(&app.node.app.config, &app.clock.clock(), &options, &quietly).await;
    assert!(matches!(again, Err(BackupError::Exists(_))));
    assert_eq!(fs_err::read(&file).unwrap(), before);
    let left = fs_err::read_dir(app.dir()).unwrap();
    let left: Vec<_> = left
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("backup"))
        .collect();
    assert_eq!(left, ["backup.tar"], "nothing is left behind");
}

#[tokio::test]
async fn it_is_whole_though_releases_and_licenses_come_meanwhile() {
    on_each_app(async |app: TestApp| {
        app.publish("alpha", "0.1.0").await;
        let is_done = AtomicBool::new(false);
        let writing = async {
            let mut number = 0;
            while !is_done.load(Ordering::SeqCst) {
                number += 1;
                app.publish("alpha", &format!("1.0.{number}")).await;
                app.sell(Sale::of("alpha")).await;
            }
            number
        };
        let backing_up = async {
            let mut made = Vec::new();
            for number in 0..4 {
                made.push(back_up(&app, &format!("backup-{number}.tar")).await);
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            is_done.store(true, Ordering::SeqCst);
            made
        };
        let (written, made) = tokio::join!(writing, backing_up);
        assert!(written > 3, "{written} releases");
        let counts: Vec<u64> = made
            .iter()
            .map(|(_, made)| made.manifest.rows("releases"))
            .collect();
        assert!(counts.is_sorted() && counts[0] < counts[3], "{counts:?}");
        for (file, made) in made {
            assert_eq!(made.manifest.missing, Vec::<String>::new());
            let (files, releases) = (made.manifest.files.unwrap(), made.manifest.rows("releases"));
            assert_eq!(files.count, releases);
            let dir = tempfile::tempdir().unwrap();
            let config = config_at(dir.path(), "sqlite:skep.db");
            restore_to(&config, &file).await;
            assert_eq!(complaints(&config).await, Vec::<String>::new());
        }
    })
    .await;
}

#[tokio::test]
async fn only_an_empty_place_is_restored_into() {
    let app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let (file, _) = back_up(&app, "backup.tar").await;
    let opened = Backup::open(&file).await.unwrap();
    let clock = Clock::system();
    let options = RestoreOptions::default();
    let expected = contents(&url_of(&app)).await;
    let error = restore(&app.node.app.config, &clock, &opened, options, &quietly)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BackupError::Transfer(TransferError::NotEmpty { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains("1 packages, 1 releases"),
        "{error}"
    );
    assert_eq!(contents(&url_of(&app)).await, expected);

    // Another installation's files.
    let other = TestApp::on(Setup::Small, &[]).await;
    other.publish("gamma", "1.0.0").await;
    let dir = tempfile::tempdir().unwrap();
    let config = config_at(dir.path(), "sqlite:skep.db");
    let folder = other.dir().join("files");
    let text = format!(
        "[storage]\nurl = \"file:{}\"\n\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n\n\
         [[repository]]\nname = \"sub\"\nprivate_key_file = \"key.pem\"\n",
        folder.display()
    );
    let with_files = Config::parse(&text, dir.path(), &[]).unwrap();
    let error = restore(&with_files, &clock, &opened, options, &quietly)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BackupError::StorageNotEmpty { count: 1, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("gamma-1.0.0"), "{error}");
    assert!(!dir.path().join("skep.db").exists());

    // An attempt that was interrupted left files of this backup: it goes on.
    fs_err::create_dir_all(dir.path().join("files")).unwrap();
    let restored = restore(&config, &clock, &opened, options, &quietly)
        .await
        .unwrap();
    assert_eq!(restored.files, 1);
    fs_err::remove_file(dir.path().join("skep.db")).unwrap();
    restore(&config, &clock, &opened, options, &quietly)
        .await
        .unwrap();
}

#[tokio::test]
async fn another_signing_key_or_a_missing_repository_is_refused_before_anything_is_written() {
    let app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let (file, _) = back_up(&app, "backup.tar").await;
    let opened = Backup::open(&file).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let config = config_at(dir.path(), "sqlite:skep.db");
    let clock = Clock::system();
    let text = "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n";
    let fewer = Config::parse(text, dir.path(), &[]).unwrap();
    let options = RestoreOptions::default();
    let error = restore(&fewer, &clock, &opened, options, &quietly)
        .await
        .unwrap_err();
    assert!(matches!(error, BackupError::UnnamedRepository(name) if name == "sub"));
    let key = skep_formats::key::PrivateKey::generate(2048)
        .unwrap()
        .to_pem();
    fs_err::write(dir.path().join("key.pem"), key.as_str()).unwrap();
    let error = restore(&config, &clock, &opened, options, &quietly)
        .await
        .unwrap_err();
    assert!(matches!(error, BackupError::AnotherKey { .. }), "{error}");
    assert!(!dir.path().join("skep.db").exists());
}

#[tokio::test]
async fn a_tarball_that_the_storage_lost_is_named_and_the_rest_is_saved() {
    let app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    app.publish("alpha", "1.1.0").await;
    let lost = walk(&app.dir().join("files"))
        .into_iter()
        .find(|path| path.to_string_lossy().contains("alpha-1.0.0"))
        .unwrap();
    fs_err::write(&lost, "something else").unwrap();
    let (file, made) = back_up(&app, "backup.tar").await;
    assert_eq!(made.manifest.missing.len(), 1);
    assert!(
        made.manifest.missing[0].contains("alpha-1.0.0"),
        "{:?}",
        made.manifest.missing
    );
    let dir = tempfile::tempdir().unwrap();
    let restored = restore_to(&config_at(dir.path(), "sqlite:skep.db"), &file).await;
    assert_eq!(restored.missing, made.manifest.missing);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn files_of_a_bucket_stay_there_unless_they_are_wanted() {
    let app = TestApp::on(Setup::Large, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let config = &app.node.app.config;
    let mut options = BackupOptions {
        file: app.dir().join("without.tar"),
        with_files: None,
        configuration: None,
        is_verified: true,
    };
    let clock = app.clock.clock();
    let made = backup(config, &clock, &options, &quietly).await.unwrap();
    assert_eq!(made.manifest.files, None);
    // The database is lost, the bucket is not.
    let url = url_of(&app);
    super::on_postgres(&url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    let restored = restore_to(config, &options.file).await;
    assert_eq!((restored.files, restored.missing), (0, Vec::new()));
    options.file = app.dir().join("with.tar");
    options.with_files = Some(true);
    let made = backup(config, &clock, &options, &quietly).await.unwrap();
    assert_eq!(made.manifest.files.unwrap().count, 1);
    // From the bucket into a folder, without its database.
    let dir = tempfile::tempdir().unwrap();
    let restored = restore_to(&config_at(dir.path(), "sqlite:skep.db"), &options.file).await;
    assert_eq!((restored.files, restored.missing), (1, Vec::new()));
}

#[tokio::test]
async fn a_new_machine_needs_nothing_but_the_file() {
    let app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = config_at(old.path(), "sqlite:skep.db");
    let (file, _) = back_up(&app, "first.tar").await;
    restore_to(&config, &file).await;
    let text = "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n\n\
                [[repository]]\nname = \"sub\"\nprivate_key_file = \"key.pem\"\n";
    fs_err::write(old.path().join("skep.toml"), text).unwrap();
    let options = BackupOptions {
        file: app.dir().join("whole.tar"),
        with_files: None,
        configuration: Some(old.path().join("skep.toml")),
        is_verified: true,
    };
    let made = backup(&config, &Clock::system(), &options, &quietly)
        .await
        .unwrap();
    assert_eq!(
        made.manifest.configuration,
        ["skep.toml", "keys/acme.pem", "keys/sub.pem"]
    );
    let opened = Backup::open(&options.file).await.unwrap();
    let place = new.path().join("hex");
    let path = write_configuration(&opened, &place, &[]).unwrap();
    assert_eq!(path, place.join("skep.toml"));
    let again = write_configuration(&opened, &place, &[]).unwrap_err();
    assert!(matches!(again, BackupError::InTheWay(_)));
    let config = Config::load(&path, &[]).unwrap();
    restore_to(&config, &options.file).await;
    assert_eq!(complaints(&config).await, Vec::<String>::new());
    let plain = Backup::open(&file).await.unwrap();
    let error = write_configuration(&plain, &new.path().join("other"), &[]).unwrap_err();
    assert!(matches!(error, BackupError::NoConfiguration(_)));
}
