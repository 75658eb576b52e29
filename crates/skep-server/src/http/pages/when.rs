//! Moments, for people and for programs.

use askama::Template;

use crate::clock::Timestamp;

/// `<time datetime="…">2026-11-22 12:00 UTC</time>`
#[derive(Clone, Copy, Debug, Template)]
#[template(
    source = r#"<time datetime="{{ self.exact() }}">{{ self.short() }}</time>"#,
    ext = "html"
)]
pub(super) struct When(pub(super) Timestamp);

impl When {
    fn exact(self) -> String {
        self.0.to_string()
    }

    fn short(self) -> String {
        let at = self.0.to_datetime();
        format!("{} {:02}:{:02} UTC", self.0.date(), at.hour(), at.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_short_for_people() {
        let html = When(Timestamp::from_seconds(1_795_348_861))
            .render()
            .unwrap();
        assert!(html.ends_with(">2026-11-22 12:01 UTC</time>"), "{html}");
    }
}
