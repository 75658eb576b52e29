use super::*;

#[tokio::test]
async fn what_may_be_repeated_is() {
    let busy = || reply("503 Service Unavailable", "", "busy");
    let half = Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec());
    let (url, _asked) = server([busy(), half, ok("at last")]).await;
    let mut sink = Vec::new();
    transport().send_to(get(&url), &mut sink).await.unwrap();
    assert_eq!(sink, b"at last");
    let (url, _asked) = server([busy(), Act::Close, busy(), ok("too late")]).await;
    let answer = transport().send(get(&url)).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.body()[..]),
        (503, &b"busy"[..])
    );
}

#[tokio::test]
async fn what_may_not_be_repeated_is_not() {
    let (url, mut asked) = server([Act::Close, ok("")]).await;
    let request = Request::post(&url).body(Body::from("x")).unwrap();
    let error = transport().send(request).await.unwrap_err();
    assert!(matches!(error, SendError::Broken { .. }), "{error:?}");
    asked.recv().await.unwrap();
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let later = |seconds: u32| {
        reply(
            "429 Too Many Requests",
            &format!("retry-after: {seconds}\r\n"),
            "later",
        )
    };
    let (url, _asked) = server([later(1), ok("now")]).await;
    let start = Instant::now();
    let answer = transport().send(get(&url)).await.unwrap();
    assert_eq!(answer.body(), "now");
    assert!(start.elapsed() >= Duration::from_secs(1));
    let (url, _asked) = server([later(3600), ok("now")]).await;
    assert_eq!(transport().send(get(&url)).await.unwrap().status(), 429);
}

#[cfg(feature = "blocking")]
#[test]
fn a_blocking_client_does_the_same() {
    use crate::http_client::{Blocking, run};

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let acts = [
        redirect("/b"),
        reply("502 Bad Gateway", "", ""),
        ok("there"),
    ];
    let (url, _asked) = runtime.block_on(server(acts));
    let (url, _asked) = (url.clone(), _asked);
    let transport = BlockingTransport::with_options("skep/test", quick()).unwrap();
    let client = Blocking(transport);
    let answer = run(client.send(get(&url))).unwrap();
    assert_eq!(answer.body(), "there");
    // Not a panic, wherever it is called and dropped.
    runtime.block_on(async move {
        let error = client.send(get(&url)).await.unwrap_err();
        assert!(matches!(error, SendError::Other(_)), "{error:?}");
    });
}
