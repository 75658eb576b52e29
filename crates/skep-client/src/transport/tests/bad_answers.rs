use super::*;

fn limited(url: &str, limit: u64) -> Request<Body> {
    let mut request = get(url);
    request.extensions_mut().insert(MaxResponseBytes(limit));
    request
}

#[tokio::test]
async fn an_answer_is_limited() {
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".repeat(1000);
    for act in [ok("12345"), Act::Drip(endless.clone()), Act::Send(endless)] {
        let (url, _asked) = server([act]).await;
        let shown = format!("{url}/a");
        let error = failure(limited(&format!("{url}/a?b=secret"), 4), &shown).await;
        assert!(
            matches!(
                error,
                SendError::TooLarge { limit: 4, .. } | SendError::Timeout { .. }
            ),
            "{error:?}"
        );
    }
    let (url, _asked) = server([ok("1234")]).await;
    assert_eq!(
        transport().send(limited(&url, 4)).await.unwrap().body(),
        "1234"
    );
}

#[tokio::test]
async fn a_server_that_stops_sending_is_left() {
    for act in [
        Act::Stall(Vec::new()),
        Act::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Act::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
    ] {
        let (url, _asked) = server([act]).await;
        let error = failure(get(&url), &url).await;
        assert!(error.is_timeout(), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_drips_is_left() {
    let (url, _asked) = server([Act::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]).await;
    let start = Instant::now();
    let error = failure(get(&url), &url).await;
    assert!(error.is_timeout(), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_is_not_http_is_an_error() {
    let long_head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2_000_000));
    let many_heads = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    for bytes in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 99999 No\r\n\r\n",
        &long_head,
        &many_heads,
    ] {
        let acts = || Act::Send(bytes.as_bytes().to_vec());
        let (url, _asked) = server([acts(), acts(), acts()]).await;
        let error = failure(get(&url), &url).await;
        assert!(matches!(error, SendError::Broken { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn half_an_answer_is_none() {
    let half = || Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec());
    let (url, _asked) = server([half(), half(), half()]).await;
    let error = failure(get(&url), &url).await;
    assert!(matches!(error, SendError::Broken { .. }), "{error:?}");
    let chunked = || {
        Act::Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_vec())
    };
    let (url, _asked) = server([chunked(), chunked(), chunked()]).await;
    let error = failure(get(&url), &url).await;
    assert!(matches!(error, SendError::Broken { .. }), "{error:?}");
}

fn packed(body: &[u8]) -> Act {
    reply("200 OK", "content-encoding: gzip\r\n", body)
}

fn compressible(url: &str) -> Request<Body> {
    let mut request = limited(url, 1000);
    request.extensions_mut().insert(AcceptGzip);
    request
}

#[tokio::test]
async fn compressed_answers_are_unpacked_where_asked_for() {
    let gzip = skep_formats::gzip::compress(b"hello");
    let (url, mut asked) = server([packed(&gzip), packed(&gzip), packed(&gzip)]).await;
    let answer = transport().send(compressible(&url)).await.unwrap();
    assert_eq!(answer.body(), "hello");
    assert!(!answer.headers().contains_key("content-encoding"));
    assert!(
        asked
            .recv()
            .await
            .unwrap()
            .contains("accept-encoding: gzip")
    );
    let mut sink = Vec::new();
    transport()
        .send_to(compressible(&url), &mut sink)
        .await
        .unwrap();
    assert_eq!(sink, b"hello");
    asked.recv().await.unwrap();
    let answer = transport().send(get(&url)).await.unwrap();
    assert_eq!(answer.body(), &gzip);
    assert!(!asked.recv().await.unwrap().contains("accept-encoding"));
}

#[tokio::test]
async fn compressed_answers_are_checked_and_bounded() {
    let gzip = skep_formats::gzip::compress(b"hello");
    let bomb = skep_formats::gzip::compress(&vec![0; 10_000_000]);
    for body in [&gzip[..gzip.len() - 4], b"no gzip", &bomb[..]] {
        let (url, _asked) = server([packed(body)]).await;
        let error = transport().send(compressible(&url)).await.unwrap_err();
        let is_right = matches!(
            error,
            SendError::Encoding { .. } | SendError::TooLarge { .. }
        );
        assert!(is_right && error.to_string().contains(&url), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = failure(
        get(&format!("{url}/x?signature=secret")),
        &format!("`{url}/x`"),
    )
    .await;
    assert!(matches!(error, SendError::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn only_good_answers_are_stored() {
    let (url, _asked) = server([ok("the file"), reply("403 Forbidden", "", "not yours")]).await;
    let mut sink = b"old".to_vec();
    let answer = transport().send_to(get(&url), &mut sink).await.unwrap();
    assert_eq!((answer.body().len(), &sink[..]), (0, &b"the file"[..]));
    let answer = transport().send_to(get(&url), &mut sink).await.unwrap();
    assert_eq!(
        (&answer.body()[..], &sink[..]),
        (&b"not yours"[..], &b"the file"[..])
    );
}
