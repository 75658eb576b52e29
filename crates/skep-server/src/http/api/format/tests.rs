use http::Method;
use serde_json::json;

use super::*;

fn headers(accept: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
    headers
}

#[test]
fn the_format_is_what_was_asked_for() {
    let asked = |accept: &str| Format::asked_for(&headers(accept)).ok();
    assert_eq!(Format::asked_for(&HeaderMap::new()).unwrap(), Format::Json);
    assert_eq!(asked(""), Some(Format::Json));
    assert_eq!(asked("*/*"), Some(Format::Json));
    assert_eq!(asked("application/json; charset=utf-8"), Some(Format::Json));
    assert_eq!(asked("application/vnd.hex+json"), Some(Format::HexJson));
    assert_eq!(asked("application/vnd.hex+erlang"), Some(Format::Erlang));
    assert_eq!(
        asked("application/vnd.hex+erlang;q=0.5, application/json;q=0.9"),
        Some(Format::Json)
    );
    assert_eq!(asked("text/html, */*;q=0.8"), Some(Format::Json));
    assert_eq!(asked("text/html"), None);
    assert_eq!(asked("application/json;q=0"), None);
}

async fn input(content_type: &str, body: impl Into<Body>) -> Result<Value, (u16, String)> {
    let request = Request::builder()
        .method(Method::POST)
        .header(CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap();
    let input = Input::<Value>::from_request(request, &()).await;
    input.map(|Input(value)| value).map_err(|error| {
        let status = error.status().as_u16();
        (status, format!("{error:?}"))
    })
}

#[tokio::test]
async fn bodies_are_read_in_every_format() {
    let value = json!({"name": "laptop", "permissions": [{"domain": "api"}], "none": null});
    assert_eq!(input(JSON, value.to_string()).await.unwrap(), value);
    assert_eq!(
        input(etf::CONTENT_TYPE, etf::encode(&value)).await.unwrap(),
        value
    );
    assert_eq!(
        input("application/vnd.hex+json; charset=utf-8", value.to_string())
            .await
            .unwrap(),
        value
    );
    assert_eq!(
        input(FORM, "grant_type=x&scope=api+repositories")
            .await
            .unwrap(),
        json!({"grant_type": "x", "scope": "api repositories"})
    );
    assert_eq!(input(JSON, "").await.unwrap(), json!({}));
}

#[tokio::test]
async fn bad_bodies_are_refused_with_the_reason() {
    assert_eq!(input(JSON, "{").await.unwrap_err().0, 400);
    assert_eq!(input("text/plain", "x").await.unwrap_err().0, 415);
    assert_eq!(input("", "x").await.unwrap_err().0, 415);
    let large = " ".repeat(MAX_BODY_BYTES + 1);
    assert_eq!(input(JSON, large).await.unwrap_err().0, 413);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden/etf");
    for name in ["bad_atom", "bad_fun", "bad_pid"] {
        let body = fs_err::read(format!("{golden}/{name}.etf")).unwrap();
        let (status, text) = input(etf::CONTENT_TYPE, body).await.unwrap_err();
        assert_eq!(status, 400, "{name}");
        assert!(text.contains("the body cannot be read"), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_kind_of_field_does_not_repeat_what_stood_there() {
    #[derive(Debug, serde::Deserialize)]
    struct Login {
        #[expect(dead_code, reason = "only its kind counts here")]
        password: String,
    }
    let request = Request::builder()
        .header(CONTENT_TYPE, JSON)
        .body(Body::from(r#"{"password": 123456}"#))
        .unwrap();
    let error = Input::<Login>::from_request(request, &())
        .await
        .unwrap_err();
    assert_eq!(error.status().as_u16(), 422);
    let text = format!("{error:?}");
    assert!(
        text.contains("a string") && !text.contains("123456"),
        "{text}"
    );
}

#[tokio::test]
async fn errors_are_written_in_the_format_asked_for() {
    let error = ApiError::validation()
        .with_error("version", "is invalid SemVer")
        .with_error("requirements.ecto", "is bad");
    let response = Format::Erlang.write(error.into_response());
    assert_eq!(response.headers()[CONTENT_TYPE], etf::CONTENT_TYPE);
    let body = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .unwrap();
    let expected = json!({
        "status": 422,
        "message": "Validation error(s)",
        "errors": {"version": "is invalid SemVer", "requirements": {"ecto": "is bad"}},
    });
    assert_eq!(etf::decode(&body, 10_000).unwrap(), expected);
}
