use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// Answers one request with `answer` and gives what was asked.
async fn server(answer: impl FnOnce(&str) -> String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer(&url);
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    (url, task)
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn get(url: &str) -> Request<Body> {
    let request = Request::get(url).header("authorization", "secret-key");
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_redirect_to_another_origin_does_not_get_the_key() {
    let (target, asked_target) = server(|_| ok("there")).await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: {target}/file?signature=s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (url, asked) = server(|_| redirect).await;
    let transport = Transport::new("skep/test").unwrap();
    let answer = transport.send(get(&url)).await.unwrap();
    assert_eq!(answer.body(), "there");
    let asked = asked.await.unwrap();
    assert!(asked.contains("authorization: secret-key"), "{asked}");
    assert!(asked.contains("user-agent: skep/test"), "{asked}");
    assert!(!asked.contains("accept-encoding"), "{asked}");
    let asked = asked_target.await.unwrap();
    assert!(!asked.contains("secret-key"), "{asked}");
    assert!(!asked.contains("referer"), "{asked}");
}

#[tokio::test]
async fn an_answer_is_limited() {
    let (url, _task) = server(|_| ok("12345")).await;
    let transport = Transport::new("skep/test").unwrap();
    let mut request = get(&format!("{url}/a?b=c"));
    request.extensions_mut().insert(MaxResponseBytes(4));
    let error = transport
        .send(request)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the answer of `{url}/a` has more than `4` bytes")
    );
}

#[tokio::test]
async fn errors_do_not_show_signed_urls() {
    let transport = Transport::new("skep/test").unwrap();
    let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/x?signature=private\r\ncontent-length: 0\r\n\r\n";
    let (url, _task) = server(|_| redirect.to_owned()).await;
    let error = transport.send(get(&url)).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("private"), "{text}");
}
