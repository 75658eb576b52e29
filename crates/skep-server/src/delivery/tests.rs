use super::*;
use crate::delivery::cloudfront::{Policy, SigningKey};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

pub(super) fn tarball(package: &str, version: &str) -> FileKey {
    FileKey::Tarball {
        repository: "acme".parse().unwrap(),
        package: package.parse().unwrap(),
        version: version.parse().unwrap(),
        checksum: skep_formats::checksum::Sha256::of(package.as_bytes()),
    }
}

fn cloudfront() -> Delivery {
    let pem = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048.pem"
    );
    let key = SigningKey::from_pem(&fs_err::read(pem).unwrap()).unwrap();
    let signer = CloudFront::new("https://cdn.acme.example", "K1", key, Policy::Canned);
    Delivery::new(Mode::CloudFront(Arc::new(signer)), None, 300)
}

/// A client that would send its key along.
const MIX: Asker = Asker {
    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    drops_authorization: false,
    is_through_proxy: false,
    wants_body: true,
};

async fn url(delivery: &Delivery, file: &FileKey, now: Timestamp) -> String {
    match delivery.locate(file, &MIX, now).await.unwrap() {
        Located::Redirect(url) => url.reveal().to_owned(),
        other => panic!("a redirect was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn direct_delivery_streams() {
    let delivery = Delivery::new(Mode::Direct, None, 300);
    assert!(matches!(
        delivery
            .locate(&tarball("alpha", "1.0.0"), &MIX, NOW)
            .await
            .unwrap(),
        Located::Stream
    ));
}

#[tokio::test]
async fn everybody_gets_the_same_url_until_a_new_one_is_due() {
    let delivery = cloudfront();
    let file = tarball("alpha", "1.0.0");
    let first = url(&delivery, &file, NOW).await;
    assert_eq!(url(&delivery, &file, NOW).await, first);
    assert_ne!(url(&delivery, &file, NOW.plus_seconds(75)).await, first);
    assert_ne!(url(&delivery, &tarball("beta", "1.0.0"), NOW).await, first);
    delivery.urls.run_pending_tasks().await;
    assert_eq!(delivery.urls.entry_count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_signs_once() {
    let delivery = Arc::new(cloudfront());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let delivery = Arc::clone(&delivery);
        tasks.spawn(async move { url(&delivery, &tarball("alpha", "1.0.0"), NOW).await });
    }
    let mut urls = tasks.join_all().await;
    urls.dedup();
    assert_eq!(urls.len(), 1);
}

#[tokio::test]
async fn a_local_url_checks_out() {
    let signer = LocalUrl::new("https://hex.acme.example", &[1; 32]);
    let delivery = Delivery::new(Mode::LocalUrl, Some(signer), 300);
    let file = tarball("alpha", "1.0.0");
    let url = url(&delivery, &file, NOW).await;
    let (address, query) = url.split_once('?').unwrap();
    assert_eq!(
        address,
        format!("https://hex.acme.example/repo/files/{}", file.path())
    );
    let signer = delivery.local_url().unwrap();
    assert_eq!(
        signer.check(&file.path(), query, NOW.plus_seconds(225)),
        Ok(())
    );
    assert!(
        signer
            .check(&file.path(), query, NOW.plus_seconds(300))
            .is_err()
    );
}

#[tokio::test]
async fn nginx_sends_what_is_asked_through_it() {
    let delivery = Delivery::new(Mode::Accel("/skep-files/".to_owned()), None, 300);
    let file = tarball("alpha", "1.0.0");
    let through = Asker {
        is_through_proxy: true,
        ..MIX
    };
    match delivery.locate(&file, &through, NOW).await.unwrap() {
        Located::Accel(path) => assert_eq!(path, format!("/skep-files/{}", file.path())),
        other => panic!("{other:?}"),
    }
    let itself = delivery.locate(&file, &MIX, NOW).await.unwrap();
    assert!(matches!(itself, Located::Stream), "{itself:?}");
}

#[tokio::test]
async fn urls_of_callers_are_for_each_address_and_ipv6_is_streamed_to() {
    let delivery = Delivery {
        is_for_callers: true,
        mode: Mode::CloudFront(Arc::new(custom())),
        ..cloudfront()
    };
    let file = tarball("alpha", "1.0.0");
    let from = async |address: &str| {
        let asker = Asker {
            address: address.parse().unwrap(),
            ..MIX
        };
        delivery.locate(&file, &asker, NOW).await.unwrap()
    };
    let (Located::Redirect(one), Located::Redirect(again), Located::Redirect(other)) = (
        from("192.0.2.1").await,
        from("::ffff:192.0.2.1").await,
        from("192.0.2.2").await,
    ) else {
        panic!("redirects were expected");
    };
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert!(matches!(from("2001:db8::1").await, Located::Stream));
}

fn custom() -> CloudFront {
    let pem = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048.pem"
    );
    let key = SigningKey::from_pem(&fs_err::read(pem).unwrap()).unwrap();
    let policy = Policy::Custom {
        not_before: None,
        source_ip: None,
    };
    CloudFront::new("https://cdn.acme.example", "K1", key, policy)
}
