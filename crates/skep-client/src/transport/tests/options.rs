use super::*;

fn proxied(url: &str, except: &str) -> Options {
    let proxy = ProxySettings::Url {
        url: url.into(),
        except: except.to_owned(),
    };
    Options { proxy, ..quick() }
}

#[tokio::test]
async fn a_proxy_is_asked_with_its_password() {
    let (url, mut asked) = server([ok("from the proxy")]).await;
    let options = proxied(&url.replace("http://", "http://user:secret@"), "");
    assert!(!format!("{options:?}").contains("secret"));
    let transport = Transport::with_options("skep/test", options).unwrap();
    let answer = transport
        .send(get("http://repo.invalid/names"))
        .await
        .unwrap();
    assert_eq!(answer.body(), "from the proxy");
    let asked = asked.recv().await.unwrap();
    assert!(
        asked.starts_with("get http://repo.invalid/names http/1.1"),
        "{asked}"
    );
    assert!(asked.contains("proxy-authorization: basic "), "{asked}");
}

#[tokio::test]
async fn what_a_proxy_is_not_for_is_asked_directly() {
    let (url, mut asked) = server([ok("directly")]).await;
    let transport =
        Transport::with_options("skep/test", proxied("http://127.0.0.1:1", "127.0.0.1")).unwrap();
    let answer = transport.send(get(&format!("{url}/names"))).await.unwrap();
    assert_eq!(answer.body(), "directly");
    assert!(asked.recv().await.unwrap().starts_with("get /names "));
}

#[test]
fn what_cannot_be_used_is_said_at_once() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let authority = |pem: &str| Options {
        ca_certificates: vec![pem.to_owned()],
        ..quick()
    };
    for options in [
        proxied("not a url with secret", ""),
        authority("no certificate"),
        authority(broken),
    ] {
        let error = Transport::with_options("skep/test", options).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            matches!(error, SendError::Start(_)) && !text.contains("secret"),
            "{text}"
        );
    }
    assert!(Transport::new("a\nb").is_err());
}

#[tokio::test]
async fn a_dropped_future_leaves_nothing_behind() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let (url, _asked) = server([Act::Stall(half.to_vec()), ok("whole")]).await;
    let transport = transport();
    let mut sink = Vec::new();
    let short = Duration::from_millis(50);
    let dropped = tokio::time::timeout(short, transport.send_to(get(&url), &mut sink)).await;
    assert!(dropped.is_err());
    transport.send_to(get(&url), &mut sink).await.unwrap();
    assert_eq!(sink, b"whole");
}
