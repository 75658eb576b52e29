use super::*;
use crate::http_client::RedirectError;

#[tokio::test]
async fn a_redirect_to_another_origin_does_not_get_the_key() {
    let (target, mut asked_target) = server([ok("there")]).await;
    let (url, mut asked) = server([redirect(&format!("{target}/file?signature=s"))]).await;
    let mut request = get(&url);
    request
        .headers_mut()
        .insert("x-hex-otp", "123456".parse().unwrap());
    let answer = transport().send(request).await.unwrap();
    assert_eq!(answer.body(), "there");
    let asked = asked.recv().await.unwrap();
    assert!(asked.contains("authorization: secret-key"), "{asked}");
    assert!(asked.contains("x-hex-otp: 123456"), "{asked}");
    assert!(asked.contains("user-agent: skep/test"), "{asked}");
    assert!(!asked.contains("accept-encoding"), "{asked}");
    let asked = asked_target.recv().await.unwrap();
    assert!(
        asked.starts_with("get /file?signature=s http/1.1"),
        "{asked}"
    );
    for secret in ["secret-key", "123456", "referer"] {
        assert!(!asked.contains(secret), "{asked}");
    }
}

#[tokio::test]
async fn a_relative_redirect_keeps_the_key() {
    let (url, mut asked) = server([redirect("/b"), ok("there")]).await;
    let answer = transport().send(get(&format!("{url}/a"))).await.unwrap();
    assert_eq!(answer.body(), "there");
    asked.recv().await.unwrap();
    let asked = asked.recv().await.unwrap();
    assert!(
        asked.starts_with("get /b ") && asked.contains("secret-key"),
        "{asked}"
    );
}

#[tokio::test]
async fn redirects_end() {
    let (url, _asked) = server([redirect("/b"), redirect("/a")]).await;
    let error = failure(get(&format!("{url}/a")), &url).await;
    assert!(
        matches!(
            error,
            SendError::Redirect {
                reason: RedirectError::Circle,
                ..
            }
        ),
        "{error:?}"
    );
    let (url, _asked) = server((0..10).map(|number| redirect(&format!("/{number}")))).await;
    let error = failure(get(&format!("{url}/a")), &url).await;
    assert!(
        matches!(
            error,
            SendError::Redirect {
                reason: RedirectError::TooMany { limit: 5 },
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn errors_do_not_show_signed_urls() {
    let (url, _asked) =
        server((0..3).map(|_| redirect("http://127.0.0.1:1/x?signature=secret"))).await;
    let error = failure(get(&url), &url).await;
    assert!(matches!(error, SendError::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn bodies_do_not_go_to_another_server() {
    let (url, _asked) = server([reply(
        "307 Temporary Redirect",
        "location: http://127.0.0.1:1/\r\n",
        "",
    )])
    .await;
    let request = Request::post(&url)
        .body(Body::from("client_secret=secret"))
        .unwrap();
    let error = failure(request, &url).await;
    assert!(
        matches!(
            error,
            SendError::Redirect {
                reason: RedirectError::BodyElsewhere { .. },
                ..
            }
        ),
        "{error:?}"
    );
}
