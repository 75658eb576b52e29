//! Publishing what is there already.

use super::*;

#[tokio::test]
async fn publishing_the_same_bytes_again_is_a_success_without_effect() {
    let it = Installation::new().await;
    let request = it.request(&metadata("alpha", "1.0.0"), "");
    let first = publish(&it.app, &request).await.unwrap();
    it.clock.advance(86_400);
    let again = Publish {
        published_at: Some(TODAY.plus_days(-400)),
        ..request.clone()
    };
    let feed = it.app.db.feed_since(0).await.unwrap().revision;
    let again = publish(&it.app, &again).await.unwrap();
    assert_eq!(
        (again.outcome, again.published_at, again.checksum),
        (Outcome::Unchanged, first.published_at, first.checksum)
    );
    assert!(again.notes[0].contains("keeps its date"), "{again:?}");
    assert_eq!(it.app.db.feed_since(0).await.unwrap().revision, feed);
    let docs = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/docs/valid.tar.gz"
    );
    let with_docs = Publish {
        docs: Some(docs.into()),
        ..request
    };
    let error = publish(&it.app, &with_docs).await.unwrap_err();
    assert!(matches!(error, PublishError::Exists(_)), "{error}");
}
