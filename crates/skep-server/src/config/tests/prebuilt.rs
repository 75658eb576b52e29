//! `[[repository]]` with `public_key_file`.

use super::*;

/// The whole file, with these lines in its only repository, and these sections before it.
fn repository(sections: &str, lines: &str) -> Result<Config, String> {
    let text = format!("{sections}\n[[repository]]\nname = \"acme\"\n{lines}\n");
    let config = Config::parse(&text, Path::new("/srv/skep"), &[]);
    config.map_err(|error| error.to_string())
}

fn prebuilt(sections: &str, lines: &str) -> Result<PrebuiltRepository, String> {
    let lines = format!("public_key_file = \"key.pub\"\n{lines}");
    let config = repository(sections, &lines)?;
    Ok(config.default_repository().prebuilt().unwrap().clone())
}

const FOLDER: &str = "registry_url = \"file:site\"";
const S3: &str = "registry_url = \"s3://shop/acme\"";

#[test]
fn it_has_a_public_key_and_a_place() {
    let found = prebuilt("", FOLDER).unwrap();
    assert_eq!(found.public_key_file, Path::new("/srv/skep/key.pub"));
    assert_eq!(found.registry, StorageUrl::Folder("/srv/skep/site".into()));
    assert_eq!(
        (found.refresh_seconds, found.way),
        (5, PrebuiltWay::AsOthers)
    );
    let error = prebuilt("", "").unwrap_err();
    assert!(
        error.starts_with("`repository.0.registry_url` is missing: where the static registry is")
    );
    let error = prebuilt("", "registry_url = \"site\"").unwrap_err();
    assert!(
        error.contains("it must be a folder as `file:files`, or a bucket"),
        "{error}"
    );
    let error = prebuilt("", &format!("{FOLDER}\nrefresh_seconds = 0")).unwrap_err();
    assert!(error.contains("it must be from 1 to 86400"), "{error}");
}

#[test]
fn a_repository_has_exactly_one_key() {
    let both = "private_key_file = \"key.pem\"\npublic_key_file = \"key.pub\"";
    let error = repository("", both).unwrap_err();
    let begin =
        "`repository.0.public_key_file` is `key.pub` (skep.toml): `private_key_file` is set too";
    assert!(error.starts_with(begin), "{error}");
    let error = repository("", "").unwrap_err();
    assert!(
        error.starts_with("`repository.0.private_key_file` is missing: ")
            && error.contains("has `public_key_file` and `registry_url` instead"),
        "{error}"
    );
}

#[test]
fn a_managed_one_has_nothing_of_a_prebuilt_one() {
    for line in [FOLDER, "region = \"x\"", "secret_access_key = \"hunter2\""] {
        let error = repository("", &format!("private_key_file = \"key.pem\"\n{line}"));
        let error = error.unwrap_err();
        assert!(error.contains("it is for a prebuilt repository"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_bucket_has_the_settings_of_the_storage_unless_it_has_its_own() {
    let storage = "[storage]\nurl = \"s3://files\"\nregion = \"eu-central-1\"\naccess_key_id = \"AKIA\"\n\
                   secret_access_key = \"hunter2\"";
    let bucket = |sections: &str, lines: &str| match prebuilt(sections, lines).unwrap().registry {
        StorageUrl::Bucket(bucket) => *bucket,
        StorageUrl::Folder(folder) => panic!("{}", folder.display()),
    };
    let shared = bucket(storage, S3);
    assert_eq!(shared.to_string(), "s3://shop/acme");
    assert_eq!(shared.region.as_deref(), Some("eu-central-1"));
    assert_eq!(shared.access_key_id.as_deref(), Some("AKIA"));
    let own = bucket(storage, &format!("{S3}\nregion = \"us-east-1\""));
    assert_eq!(
        (own.region.as_deref(), own.access_key_id),
        (Some("us-east-1"), None)
    );
    assert_eq!(bucket("", S3).region, None);
    let half = prebuilt("", &format!("{S3}\naccess_key_id = \"AKIA\"")).unwrap_err();
    assert!(
        half.starts_with("`repository.0.secret_access_key` is missing"),
        "{half}"
    );
    let other = prebuilt("", &format!("{FOLDER}\nregion = \"x\"")).unwrap_err();
    assert!(
        other.contains("it is for `repository.0.registry_url` with s3://"),
        "{other}"
    );
    assert!(!format!("{shared:?}").contains("hunter2"));
}

#[test]
fn the_mode_of_delivery_has_to_go_with_the_place() {
    let s3 = "[storage]\nurl = \"s3://files\"\n[delivery]\nmode = \"presign\"";
    assert_eq!(prebuilt(s3, S3).unwrap().way, PrebuiltWay::AsOthers);
    let error = prebuilt(s3, FOLDER).unwrap_err();
    assert!(
        error.contains("a folder signs no URLs: with `delivery.mode` as `presign`"),
        "{error}"
    );

    let accel = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n[delivery]\nmode = \"accel\"";
    let error = prebuilt(accel, S3).unwrap_err();
    assert!(error.contains("nginx reads files from a folder"), "{error}");
    let error = prebuilt(accel, FOLDER).unwrap_err();
    assert!(
        error.starts_with("`repository.0.accel_location` is missing"),
        "{error}"
    );
    let found = prebuilt(accel, &format!("{FOLDER}\naccel_location = \"/skep-acme\""));
    assert_eq!(
        found.unwrap().way,
        PrebuiltWay::Accel("/skep-acme/".to_owned())
    );

    let cloudfront = "[delivery]\nmode = \"cloudfront\"\n[delivery.cloudfront]\nurl = \"https://d1.example\"\n\
                      key_pair_id = \"K\"\nprivate_key_file = \"cf.pem\"\n";
    let error = prebuilt(cloudfront, S3).unwrap_err();
    assert!(
        error.starts_with("`repository.0.cloudfront_url` is missing"),
        "{error}"
    );
    let found = prebuilt(
        cloudfront,
        &format!("{S3}\ncloudfront_url = \"https://d1.example/acme\""),
    );
    let url = "https://d1.example/acme".parse().unwrap();
    assert_eq!(found.unwrap().way, PrebuiltWay::CloudFront(url));
    let origin = format!("{cloudfront}origin_secret = \"0123456789abcdef0123456789abcdef\"\n");
    assert_eq!(prebuilt(&origin, S3).unwrap().way, PrebuiltWay::AsOthers);
}
