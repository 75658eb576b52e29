use std::path::Path;

use super::*;

const REPOSITORY: &str = "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n";

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::parse(
        &format!("{text}\n{REPOSITORY}"),
        Path::new("/srv/skep"),
        &environment,
    )
}

fn error(text: &str, environment: &[(&str, &str)]) -> String {
    parse(text, environment).unwrap_err().to_string()
}

#[test]
fn defaults_are_enough_beside_a_repository() {
    let config = parse("", &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:4000");
    assert_eq!(config.server.url, "http://127.0.0.1:4000");
    assert_eq!(config.database.reveal(), "sqlite:/srv/skep/skep.db");
    assert_eq!(config.storage, StorageUrl::Folder("/srv/skep/files".into()));
    assert_eq!(config.delivery.mode, DeliveryMode::Direct);
    assert_eq!(config.delivery.ttl_seconds, 300);
    assert!(config.delivery.cloudfront.is_none());
    assert_eq!(
        config.default_repository().key_file(),
        Path::new("/srv/skep/key.pem")
    );
    assert_eq!(config.usage.spool_dir, Path::new("/srv/skep/spool"));
    assert_eq!(config.limits.failed_keys_per_minute, 30);
    assert_eq!(config.limits.tarball_bytes, 16 << 20);
}

#[test]
fn the_environment_overrides_the_file_and_both_are_remembered() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\nurl = \"https://hex.acme.dev/\"";
    let config = parse(
        text,
        &[
            ("SKEP_SERVER__LISTEN", "[::]:80"),
            ("SKEP_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("SKEP_REPOSITORY__0__NAME", "other"),
            ("SKEP_DELIVERY__TTL_SECONDS", "60"),
            ("SKEP_CONFIG", "elsewhere"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.listen.to_string(), "[::]:80");
    assert_eq!(config.server.url, "https://hex.acme.dev");
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.default_repository().name.as_str(), "other");
    assert_eq!(config.delivery.ttl_seconds, 60);
    let origin = |key: &str| {
        config
            .origins()
            .iter()
            .find(|setting| setting.key == key)
            .unwrap()
            .origin
            .to_string()
    };
    assert_eq!(
        origin("server.listen"),
        "environment variable SKEP_SERVER__LISTEN"
    );
    assert_eq!(origin("server.url"), "skep.toml");
    assert_eq!(origin("usage.retention_days"), "default");
}

#[test]
fn unknown_keys_are_errors_with_the_nearest_known_one() {
    assert_eq!(
        error("[server]\nlisten_on = \"x\"", &[]),
        "`server.listen_on` (skep.toml) is not a configuration key; is it `server.listen`?"
    );
    assert_eq!(
        error("", &[("SKEP_SERVER__ULR", "x")]),
        "`server.ulr` (environment variable SKEP_SERVER__ULR) is not a configuration key; is it `server.url`?"
    );
    assert_eq!(
        error("[colors]", &[]),
        "`colors` (skep.toml) is not a configuration key"
    );
}

#[test]
fn wrong_values_say_what_would_do() {
    let cases = [
        (
            "[server]\nlisten = \"4000\"",
            "`server.listen` is `4000` (skep.toml): it must be an address and a port, like `127.0.0.1:4000`",
        ),
        (
            "[server]\nlisten = 4000",
            "`server.listen` (skep.toml) must be a text in quotes",
        ),
        (
            "[server]\nurl = \"acme.dev\"",
            "`server.url` is `acme.dev` (skep.toml): it must be a URL, like `https://hex.acme.dev`",
        ),
        (
            "[server]\ntrusted_proxies = [\"x\"]",
            "`server.trusted_proxies` is `x` (skep.toml): it must be an address or a network, like `10.0.0.0/8`",
        ),
        (
            "[storage]\nurl = \"ftp://bucket\"",
            "`storage.url` is `ftp://bucket` (skep.toml): it must be a folder as `file:files`, or a bucket as \
             `s3://bucket/prefix`, `gs://bucket` or `az://container`",
        ),
        (
            "[storage]\nurl = \"s3://\"",
            "`storage.url` is `s3://` (skep.toml): after `s3://` comes the name of a bucket: 3 or more letters, digits, \
             `-`, `_` and `.`",
        ),
        (
            "[storage]\nurl = \"s3://bucket/a//b\"",
            "`storage.url` is `s3://bucket/a//b` (skep.toml): the prefix must be names of letters, digits, `-`, `_` \
             and `.` with single slashes between them",
        ),
        (
            "[storage]\nurl = \"s3://bucket\"\naccess_key_id = \"AKIA\"",
            "`storage.secret_access_key` is missing: the other half of these credentials is set; without both, they \
             come from the environment or from this machine's role",
        ),
        (
            "[storage]\nurl = \"s3://bucket\"\nendpoint = \"http://minio.internal:9000\"",
            "`storage.endpoint` is `http://minio.internal:9000` (skep.toml): it must be https, unless it is on this machine",
        ),
        (
            "[storage]\nregion = \"eu-central-1\"",
            "`storage.region` is `eu-central-1` (skep.toml): it is for `storage.url` with s3://: remove it",
        ),
        (
            "[storage]\nurl = \"gs://bucket\"\nsecret_access_key = \"hunter2\"",
            "`storage.secret_access_key` is `****` (skep.toml): it is for `storage.url` with s3:// or az://: remove it",
        ),
        (
            "[delivery]\nmode = \"presign\"",
            "`delivery.mode` is `presign` (skep.toml): a folder signs no URLs: with `storage.url` as `file:…` it must be \
             `direct`, `local-url`, `cloudfront` or `accel`",
        ),
        (
            "[delivery]\nmode = \"accel\"",
            "`delivery.mode` is `accel` (skep.toml): only nginx understands these answers: name its address in \
             `server.trusted_proxies`; everybody else is streamed to",
        ),
        (
            "[delivery.cloudfront]\nurl = \"https://d1.cloudfront.net\"\nkey_pair_id = \"K1\"\nprivate_key_file = \"k\"\n\
             source_address = \"caller\"",
            "`delivery.cloudfront.policy` is `canned` (default): a canned policy says only until when: with \
             `not_before_seconds` or `source_address` it must be `custom`",
        ),
        (
            "[delivery.cloudfront]\nurl = \"https://d1.cloudfront.net\"\nkey_pair_id = \"K1\"\nprivate_key_file = \"k\"\n\
             policy = \"custom\"\nsource_address = \"2001:db8::/32\"",
            "`delivery.cloudfront.source_address` is `2001:db8::/32` (skep.toml): it must be `any`, `caller` or an IPv4 \
             network as `203.0.113.0/24`: CloudFront compares no IPv6 addresses",
        ),
        (
            "[delivery]\nmode = \"ftp\"",
            "`delivery.mode` is `ftp` (skep.toml): it must be one of `direct`, `local-url`, `cloudfront`, `presign`, `accel`",
        ),
        (
            "[delivery]\nttl_seconds = 1",
            "`delivery.ttl_seconds` is `1` (skep.toml): it must be from 10 to 86400",
        ),
        (
            "[delivery]\nmode = \"cloudfront\"",
            "`delivery.cloudfront.url` is missing: the distribution, as `https://d111.cloudfront.net`",
        ),
        (
            "[limits]\nlicense_per_minute = -5",
            "`limits.license_per_minute` is `-5` (skep.toml): it must be from 0 to 1000000",
        ),
        (
            "[usage]\nretention_days = true",
            "`usage.retention_days` (skep.toml) must be a text in quotes, a whole number or a list of texts",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text, &[]), expected, "{text}");
    }
    assert!(error("[server", &[]).contains("skep.toml is not valid TOML"));
    assert!(error(REPOSITORY, &[]).contains("another repository has this name"));
}

#[test]
fn a_configuration_needs_a_repository() {
    let error = Config::parse("", Path::new("/"), &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`repository.0.name` is missing"),
        "{error}"
    );
}

#[test]
fn a_missing_file_says_what_makes_one() {
    let error = Config::load(Path::new("/nowhere/skep.toml"), &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`/nowhere/skep.toml`; `skep init` makes one"),
        "{error}"
    );
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(
        folder.path().join("db"),
        "postgres://skep:hunter2@db.internal:6432/skep\n",
    )
    .unwrap();
    fs_err::write(folder.path().join("origin"), "0123456789abcdef0123\n").unwrap();
    let text = format!(
        "[database]\nurl_file = \"db\"\n[delivery.cloudfront]\nurl = \"https://d1.cloudfront.net\"\nkey_pair_id = \"K1\"\n\
         private_key_file = \"cf.pem\"\norigin_secret_file = \"origin\"\n{REPOSITORY}"
    );
    let config = Config::parse(&text, folder.path(), &[]).unwrap();
    assert_eq!(
        config.database.reveal(),
        "postgres://skep:hunter2@db.internal:6432/skep"
    );
    let cloudfront = config.delivery.cloudfront.as_ref().unwrap();
    assert_eq!(
        cloudfront.origin_secret.as_ref().unwrap().reveal(),
        "0123456789abcdef0123"
    );
    let shown = format!("{config:?} {:?}", config.origins());
    assert!(
        !shown.contains("hunter2") && !shown.contains("0123456789abcdef"),
        "{shown}"
    );
    assert!(
        shown.contains("postgres://skep:****@db.internal:6432/skep"),
        "{shown}"
    );
}

#[test]
fn a_bucket_takes_its_credentials_from_the_file_or_the_environment_and_shows_none() {
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIAENV"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", "http://elsewhere"),
        ("GOOGLE_SERVICE_ACCOUNT", "/a.json"),
    ];
    let text = "[storage]\nurl = \"s3://acme-files/skep/prod/\"";
    let config = parse(text, &environment).unwrap();
    let StorageUrl::Bucket(bucket) = &config.storage else {
        panic!("a bucket");
    };
    assert_eq!(
        (
            bucket.provider,
            bucket.name.as_str(),
            bucket.prefix.as_str()
        ),
        (Provider::S3, "acme-files", "skep/prod")
    );
    let names: Vec<&str> = bucket
        .environment
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"]
    );
    let text = format!("{text}\naccess_key_id = \"AKIA\"\nsecret_access_key = \"swordfish\"");
    let own = parse(&text, &[]).unwrap();
    let shown = format!("{config:?} {own:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("swordfish"),
        "{shown}"
    );
}

#[test]
fn a_secret_is_set_once_but_the_environment_may_replace_it() {
    let text = "[database]\nurl = \"sqlite:a.db\"\nurl_file = \"b\"";
    assert!(error(text, &[]).contains("both `database.url` and `database.url_file` are set"));
    let config = parse(
        "[database]\nurl_file = \"missing\"",
        &[("SKEP_DATABASE__URL", "sqlite:c.db")],
    )
    .unwrap();
    assert_eq!(config.database.reveal(), "sqlite:/srv/skep/c.db");
}

#[test]
fn a_bad_database_url_is_not_repeated() {
    let text = error("[database]\nurl = \"mysql://root:hunter2@db/x\"", &[]);
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn only_the_first_repository_is_at_repo() {
    let config = parse(&REPOSITORY.replace("acme", "first"), &[]).unwrap();
    let url = |name: &str| config.repository_url(&RepositoryName::parse(name).unwrap());
    assert_eq!(url("first"), "http://127.0.0.1:4000/repo");
    assert_eq!(url("acme"), "http://127.0.0.1:4000/repo/repos/acme");
}

#[test]
fn a_pool_is_for_postgresql_and_within_reason() {
    let url = [("SKEP_DATABASE__URL", "postgres://skep:s3cret@db/skep")];
    assert_eq!(
        parse("", &url).unwrap().database_pool,
        PoolSettings::default()
    );
    let text = "[database]\nmax_connections = 3\nacquire_timeout_seconds = 1\nstatement_timeout_seconds = 600\n";
    let pool = parse(text, &url).unwrap().database_pool;
    assert_eq!(pool.max_connections, 3);
    assert_eq!(pool.acquire_timeout.as_secs(), 1);
    assert_eq!(pool.statement_timeout.as_secs(), 600);
    assert_eq!(pool.lock_timeout.as_secs(), 5);
    let said = error("[database]\nmax_connections = 2\n", &url);
    assert!(
        said.contains("from 3 to 1000") && !said.contains("s3cret"),
        "{said}"
    );
    let said = error("[database]\nlock_timeout_seconds = 9\n", &[]);
    assert!(
        said.contains("it is for `database.url` with postgres://"),
        "{said}"
    );
}

mod prebuilt;
