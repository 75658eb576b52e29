//! Cuts a requirement into tokens.

use super::Operator;

/// One piece of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Operator(Operator),
    Junction(Junction),
    /// Whatever else stands between blanks and operators.
    Version(&'a str),
}

/// What joins two comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Junction {
    And,
    Or,
}

/// In this order: a longer one must be tried before its own beginning. The junctions bring their
/// blanks, as in Elixir: a tab does not do.
const FIXED: [(&str, Token<'static>); 10] = [
    (">=", Token::Operator(Operator::GreaterOrEqual)),
    ("<=", Token::Operator(Operator::LessOrEqual)),
    ("~>", Token::Operator(Operator::Compatible)),
    (">", Token::Operator(Operator::Greater)),
    ("<", Token::Operator(Operator::Less)),
    ("==", Token::Operator(Operator::Equal)),
    ("!=", Token::Operator(Operator::NotEqual)),
    ("!", Token::Operator(Operator::NotEqual)),
    (" or ", Token::Junction(Junction::Or)),
    (" and ", Token::Junction(Junction::And)),
];

/// The tokens of a requirement, without copying it.
pub(super) struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn fixed(&self) -> Option<(&'static str, Token<'static>)> {
        FIXED
            .into_iter()
            .find(|(text, _)| self.rest.starts_with(text))
    }

    fn version(&mut self) -> Token<'a> {
        let end = self
            .rest
            .char_indices()
            .find(|(at, character)| is_end(&self.rest[*at..], *character))
            .map_or(self.rest.len(), |(at, _)| at);
        let (version, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Version(version)
    }
}

fn is_end(rest: &str, character: char) -> bool {
    matches!(character, ' ' | '>' | '<' | '!') || rest.starts_with("==") || rest.starts_with("~>")
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if let Some((text, token)) = self.fixed() {
                self.rest = &self.rest[text.len()..];
                return Some(token);
            }
            match self.rest.strip_prefix(' ') {
                Some(rest) => self.rest = rest,
                None if self.rest.is_empty() => return None,
                None => return Some(self.version()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_matter_only_around_junctions() {
        let tokens: Vec<_> = Lexer::new(" >=1.0.0 and ~> 2.0or 3.0.0  or 4.0.0").collect();
        assert_eq!(
            tokens,
            [
                Token::Operator(Operator::GreaterOrEqual),
                Token::Version("1.0.0"),
                Token::Junction(Junction::And),
                Token::Operator(Operator::Compatible),
                Token::Version("2.0or"),
                Token::Version("3.0.0"),
                Token::Junction(Junction::Or),
                Token::Version("4.0.0"),
            ]
        );
    }
}
