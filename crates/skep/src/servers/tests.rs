use super::*;

fn name(text: &str) -> RepositoryRef {
    text.parse().unwrap()
}

fn entry(url: &str) -> Entry {
    Entry {
        url: Some(BaseUrl::parse(url).unwrap()),
        ..Entry::default()
    }
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("skep").join("servers.toml");
    Servers::change(&path, |servers| {
        let public_key = Config::hexpm().repo_public_key;
        let entry = Entry {
            public_key,
            auth_key: Some("tell-nobody".into()),
            ..entry("https://hex.acme.dev/repo")
        };
        servers.insert(name("acme"), entry);
        servers.entry(&name("acme:team")).api_key = Some("nor this".into());
        Ok(())
    })
    .unwrap();
    let servers = Servers::load(&path).unwrap();
    let config = servers.config(&name("acme:team")).unwrap();
    assert_eq!(config.repo_url.as_str(), "https://hex.acme.dev/repo");
    assert_eq!(config.api_url.as_str(), "https://hex.acme.dev/api");
    assert_eq!(config.expected_repository(), "team");
    let fingerprint = config.repo_public_key.unwrap().fingerprint();
    let hexpm = Config::hexpm().repo_public_key.unwrap().fingerprint();
    assert_eq!(fingerprint, hexpm);
    let found = servers.auth_config("acme").unwrap();
    assert_eq!(found.auth_key, Some("tell-nobody".into()));
    assert!(!format!("{servers:?}").contains("tell-nobody"));
    assert!(servers.auth_config("acme:others").is_none());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("skep").join("servers.toml");
    for _ in 0..2 {
        Servers::change(&path, |servers| {
            servers.insert(name("acme"), entry("https://hex.acme.dev/repo"));
            Ok(())
        })
        .unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
}

#[test]
fn a_file_of_something_else_is_an_error_that_shows_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("servers.toml");
    for text in [
        "tell-nobody",
        "[server.acme]\nauth_key = 1 # tell-nobody",
        "[server.acme]\nurl = \"tell-nobody\"",
        "[server.acme]\nother = \"tell-nobody\"",
        "[server.\"tell-nobody!\"]",
    ] {
        fs_err::write(&path, text).unwrap();
        let error = Servers::load(&path).unwrap_err();
        let words = format!("{error} {error:?}");
        assert!(!words.contains("tell"), "{words}");
        let changed = Servers::change(&path, |servers| {
            servers.insert(name("a"), entry("http://a"));
            Ok(())
        });
        assert!(changed.is_err());
        assert_eq!(
            fs_err::read_to_string(&path).unwrap(),
            text,
            "it is left as it is"
        );
    }
}

#[test]
fn several_can_change_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("servers.toml");
    std::thread::scope(|threads| {
        for number in 0..8 {
            let path = &path;
            threads.spawn(move || {
                Servers::change(path, |servers| {
                    servers.insert(
                        name(&format!("s{number}")),
                        entry("https://hex.acme.dev/repo"),
                    );
                    Ok(())
                })
                .unwrap();
            });
        }
    });
    assert_eq!(Servers::load(&path).unwrap().iter().count(), 8);
}

#[test]
fn hexpm_is_built_in_and_can_be_a_mirror() {
    let mut servers = Servers::default();
    let config = servers.config(&name("hexpm:acme")).unwrap();
    assert_eq!(config.repo_url.as_str(), "https://repo.hex.pm");
    assert_eq!(
        (config.repo_name.as_str(), config.expected_repository()),
        ("hexpm", "acme")
    );
    assert!(config.repo_public_key.is_some() && servers.has_api(&name("hexpm")));
    servers.insert(name("hexpm"), entry("https://mirror.acme.dev"));
    let config = servers.config(&name("hexpm")).unwrap();
    assert_eq!(config.repo_url.as_str(), "https://mirror.acme.dev");
    assert_eq!(config.api_url.as_str(), "https://hex.pm/api");
    assert!(
        config.repo_public_key.is_some(),
        "its files are still hex.pm's"
    );
    assert!(matches!(
        servers.config(&name("acme")),
        Err(ServersError::Unknown(_))
    ));
}

#[test]
fn a_server_without_a_known_api_has_none() {
    let mut servers = Servers::default();
    servers.insert(name("files"), entry("https://files.acme.dev"));
    assert!(!servers.has_api(&name("files")));
    servers.entry(&name("files")).api_url = Some(BaseUrl::parse("https://api.acme.dev").unwrap());
    assert!(servers.has_api(&name("files")));
    let there = BaseUrl::parse("https://API.acme.dev:443/").unwrap();
    assert_eq!(servers.at(&there), Some(name("files")));
    assert_eq!(
        servers.at(&BaseUrl::parse("https://hex.pm/api").unwrap()),
        Some(name("hexpm"))
    );
    assert_eq!(
        servers.at(&BaseUrl::parse("https://hex.pm/other").unwrap()),
        None
    );
}

#[test]
fn a_server_is_a_name_or_a_url() {
    let check = |text: &str, expected: &str| {
        assert_eq!(
            text.parse::<ServerRef>().unwrap().to_string(),
            expected,
            "{text}"
        );
    };
    check("acme", "acme");
    check("hexpm:acme", "hexpm:acme");
    check("https://hex.acme.dev", "https://hex.acme.dev/api");
    check("https://hex.acme.dev/", "https://hex.acme.dev/api");
    check("https://hex.acme.dev/repo", "https://hex.acme.dev/api");
    check("https://hex.acme.dev/api/", "https://hex.acme.dev/api");
    check("http://127.0.0.1:4000", "http://127.0.0.1:4000/api");
    check("https://acme.dev/hex/api", "https://acme.dev/hex/api");
    check("https://acme.dev/hex/repo", "https://acme.dev/hex/api");
    for wrong in [
        "",
        "a b",
        "ftp://acme.dev",
        "https://user:key@acme.dev",
        "acme:",
        ":acme",
    ] {
        assert!(wrong.parse::<ServerRef>().is_err(), "{wrong}");
    }
}
