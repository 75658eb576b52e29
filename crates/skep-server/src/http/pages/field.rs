//! A field of a form: its label, its hint and what is wrong with it belong together, for eyes and for
//! screen readers.

use askama::Template;

/// An input with all that belongs to it.
#[derive(Clone, Debug, Template)]
#[template(path = "field.html")]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    pub(super) autocomplete: &'static str,
    pub(super) hint: Option<&'static str>,
    pub(super) value: String,
    pub(super) error: Option<String>,
    pub(super) is_required: bool,
    pub(super) has_focus: bool,
}

/// What is typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Password,
    /// A code that is copied from elsewhere.
    Code,
    /// The same, of digits only, as far as the keyboard is concerned.
    Digits,
    Date,
}

impl Kind {
    const fn input_type(self) -> &'static str {
        match self {
            Self::Text | Self::Code | Self::Digits => "text",
            Self::Password => "password",
            Self::Date => "date",
        }
    }

    const fn inputmode(self) -> Option<&'static str> {
        match self {
            Self::Digits => Some("numeric"),
            Self::Text | Self::Password | Self::Code | Self::Date => None,
        }
    }

    const fn is_code(self) -> bool {
        matches!(self, Self::Code | Self::Digits)
    }
}

impl Field {
    pub(super) const fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self {
            name,
            label,
            kind,
            autocomplete: "off",
            hint: None,
            value: String::new(),
            error: None,
            is_required: true,
            has_focus: false,
        }
    }

    pub(super) const fn with_autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    pub(super) const fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    pub(super) const fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }

    pub(super) const fn with_focus(mut self) -> Self {
        self.has_focus = true;
        self
    }

    pub(super) fn with_value(mut self, value: &str) -> Self {
        self.value = value.to_owned();
        self
    }

    /// With what is wrong with it, if anything: then it has the focus.
    pub(super) fn with_error(mut self, error: Option<String>) -> Self {
        self.has_focus |= error.is_some();
        self.error = error;
        self
    }

    fn described_by(&self) -> Option<String> {
        let part =
            |is_there: bool, suffix: &str| is_there.then(|| format!("{}-{suffix}", self.name));
        let parts = [
            part(self.hint.is_some(), "hint"),
            part(self.error.is_some(), "error"),
        ];
        let ids: Vec<String> = parts.into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// What is wrong with a form as a whole.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "alert.html")]
pub(super) struct Alert {
    pub(super) text: Option<String>,
}

impl Alert {
    pub(super) const fn is_some(&self) -> bool {
        self.text.is_some()
    }
}

/// An error as a sentence of a page.
pub(super) fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return text;
    };
    let stop = if text.ends_with(['.', ')', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{stop}", first.to_uppercase(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_sentences() {
        assert_eq!(sentence(&"the code is wrong"), "The code is wrong.");
        assert_eq!(sentence(&""), "");
    }

    #[test]
    fn a_field_names_what_belongs_to_it() {
        let field = Field::new("code", "Code", Kind::Digits).with_hint("Six digits");
        let html = field.clone().render().unwrap();
        assert!(html.contains(r#"<label for="code">"#), "{html}");
        assert!(html.contains(r#"aria-describedby="code-hint""#), "{html}");
        let html = field.with_error(Some("<b>".to_owned())).render().unwrap();
        assert!(
            html.contains(r#"aria-describedby="code-hint code-error""#),
            "{html}"
        );
        assert!(html.contains(r#"aria-invalid="true""#) && html.contains("autofocus"));
        assert!(!html.contains("<b>"), "{html}");
    }
}
