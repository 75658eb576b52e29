use super::{Check, sentence};
use crate::config::{Config, StorageUrl};
use crate::files::{Files, Found};

const NAME: &str = "storage";
const ADVICE: &str = "`skep serve` refuses to start until this is corrected";

/// The file storage, when it can be used at all, and what was found about it.
pub(super) async fn open(config: &Config) -> (Option<Files>, Vec<Check>) {
    let files = match Files::open(&config.storage) {
        Ok(files) => files,
        Err(error) => {
            let advice = "correct `url` in [storage], or restore the files";
            return (None, vec![Check::fail(NAME, sentence(&error), advice)]);
        }
    };
    let StorageUrl::Bucket(bucket) = &config.storage else {
        return (Some(files), Vec::new());
    };
    match files.check_writing().await {
        Ok(Found::Ready) => {
            let text = format!("`{bucket}` can be read and written");
            (Some(files), vec![Check::ok(NAME, text)])
        }
        Ok(Found::Busy) => {
            let text = format!("`{bucket}` says that it cannot answer just now");
            let advice = "look again in some minutes; until then no file is served or published";
            (None, vec![Check::warn(NAME, text, advice)])
        }
        // Everything else about it would say the same again.
        Err(error) => (None, vec![Check::fail(NAME, sentence(&error), ADVICE)]),
    }
}
