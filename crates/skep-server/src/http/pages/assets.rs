//! The style sheet. Its address has its hash, so browsers keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use skep_formats::checksum::Sha256;

use super::error::not_found;

const CSS: &str = include_str!("../../../templates/skep.css");

/// `skep-0123456789abcdef.css`
static NAME: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::of(CSS.as_bytes()).to_string();
    format!("skep-{}.css", hash[..16].to_ascii_lowercase())
});

/// Where the style sheet is.
pub(super) fn stylesheet() -> String {
    format!("/assets/{}", *NAME)
}

/// `GET /assets/{name}`
pub(crate) async fn show(Path(name): Path<String>) -> Response {
    if name != *NAME {
        return not_found().into_response();
    }
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ),
        (
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, CSS).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The custom properties of a scheme: the first block, or the one for dark screens over it.
    fn color(name: &str, is_dark: bool) -> [f64; 3] {
        let declaration = format!("--{name}: #");
        let at = match is_dark {
            true => CSS.rfind(&declaration),
            false => CSS.find(&declaration),
        };
        let start = at.unwrap_or_else(|| panic!("no {name}")) + declaration.len();
        let channel = |index: usize| {
            let hex = &CSS[start + 2 * index..start + 2 * index + 2];
            f64::from(u8::from_str_radix(hex, 16).unwrap()) / 255.0
        };
        [channel(0), channel(1), channel(2)]
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(color: [f64; 3]) -> f64 {
        let [red, green, blue] = color.map(|channel| match channel <= 0.040_45 {
            true => channel / 12.92,
            false => ((channel + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: &str, other: &str, is_dark: bool) -> f64 {
        let of = |name| luminance(color(name, is_dark)) + 0.05;
        let (one, other) = (of(one), of(other));
        one.max(other) / one.min(other)
    }

    #[test]
    fn what_is_read_can_be_read_in_both_schemes() {
        let texts = [
            ("text", "ground"),
            ("text", "surface"),
            ("muted", "ground"),
            ("muted", "surface"),
            ("link", "ground"),
            ("link", "surface"),
            ("danger", "surface"),
            ("danger", "danger-ground"),
            ("text", "good-ground"),
            ("on-button", "button"),
        ];
        // What only marks where something is.
        let edges = [
            ("edge", "surface"),
            ("edge", "ground"),
            ("focus", "surface"),
            ("focus", "ground"),
        ];
        for is_dark in [false, true] {
            for (least, pairs) in [(4.5, &texts[..]), (3.0, &edges[..])] {
                for (one, other) in pairs {
                    let found = contrast(one, other, is_dark);
                    assert!(found >= least, "{one} on {other}, {is_dark}: {found:.2}");
                }
            }
        }
    }
}
