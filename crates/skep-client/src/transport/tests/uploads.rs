use std::sync::{Arc, Mutex};

use super::*;

const SIZE: usize = 200_000;

fn upload(url: &str) -> http::request::Builder {
    Request::post(url).header("content-type", "application/octet-stream")
}

/// Reads a request and its body of [`SIZE`] bytes, answers with 201 and gives the head.
async fn taking() -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = read_head(&mut stream).await;
        let mut body = vec![0; SIZE];
        stream.read_exact(&mut body).await.unwrap();
        assert!(body.iter().all(|byte| *byte == b'x'));
        let answer = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        head
    });
    (url, task)
}

#[tokio::test]
async fn progress_is_told() {
    let (url, task) = taking().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let noted = heard.clone();
    let progress = move |sent, total| noted.lock().unwrap().push((sent, total));
    let body = Body::from(vec![b'x'; SIZE]).with_progress(Arc::new(progress));
    let answer = transport()
        .send(upload(&url).body(body).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let head = task.await.unwrap();
    assert!(head.contains("content-length: 200000"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    let heard = heard.lock().unwrap();
    assert!(heard.is_sorted() && heard.len() > 2, "{heard:?}");
    assert_eq!(heard.last(), Some(&(SIZE as u64, SIZE as u64)));
}

#[tokio::test]
async fn a_refused_body_is_not_sent() {
    let refusal = reply("401 Unauthorized", "", "who are you?");
    let (url, mut asked) = server([refusal]).await;
    let told = Arc::new(Mutex::new(0));
    let noted = told.clone();
    let body = Body::from(vec![b'x'; SIZE])
        .with_progress(Arc::new(move |sent, _| *noted.lock().unwrap() = sent));
    let request = upload(&url)
        .header("expect", "100-continue")
        .body(body)
        .unwrap();
    let answer = transport().send(request).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.body()[..]),
        (401, &b"who are you?"[..])
    );
    assert_eq!(*told.lock().unwrap(), 0);
    assert!(asked.recv().await.unwrap().contains("expect: 100-continue"));
}

#[tokio::test]
async fn a_server_that_knows_no_expectations_gets_the_body() {
    let (url, task) = taking().await;
    let request = upload(&url)
        .header("expect", "100-continue")
        .body(Body::from(vec![b'x'; SIZE]))
        .unwrap();
    assert_eq!(transport().send(request).await.unwrap().status(), 201);
    assert!(task.await.unwrap().contains("expect: 100-continue"));
}

#[tokio::test]
async fn a_refused_expectation_is_dropped() {
    let acts = [
        reply("417 Expectation Failed", "", ""),
        reply("201 Created", "", ""),
    ];
    let (url, mut asked) = server(acts).await;
    let request = upload(&url)
        .header("expect", "100-continue")
        .body(Body::from("x"))
        .unwrap();
    assert_eq!(transport().send(request).await.unwrap().status(), 201);
    asked.recv().await.unwrap();
    assert!(!asked.recv().await.unwrap().contains("expect"));
}
