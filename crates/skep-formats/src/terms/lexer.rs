//! Text to tokens.

use std::borrow::Cow;

use super::TermsError;

/// A lexical unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An atom's text, known or not.
    Atom(Cow<'a, str>),
    /// What stands between double quotes, with its escapes resolved.
    Text(Cow<'a, str>),
    Integer(i64),
    /// Brackets, commas, signs: `{` `}` `[` `]` `<<` `>>` `=>` `,` `-` `+` `#` `/`.
    Symbol(&'static str),
    /// The dot that ends a term. It needs no space after it.
    Dot,
    End,
}

impl Token<'_> {
    /// What an error calls it.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Atom(_) => "an atom",
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Symbol(symbol) => symbol,
            Self::Dot => "a dot",
            Self::End => "the end",
        }
    }
}

/// Cuts a text into tokens, one at a time.
pub(super) struct Lexer<'a> {
    text: &'a str,
    rest: &'a str,
    start: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (rest, start) = (text, 0);
        Self { text, rest, start }
    }

    /// Where the next token is looked for, in bytes.
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Where the token that was cut last begins, in bytes.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// The line of a place in the text, from 1. Counts from the beginning: only errors ask.
    pub(super) fn line_of(&self, at: usize) -> usize {
        1 + self.text[..at].matches('\n').count()
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, TermsError> {
        // Hex clients take every control character for a space.
        self.take_while(|byte| byte <= b' ');
        self.start = self.at();
        let Some(first) = self.rest.bytes().next() else {
            return Ok(Token::End);
        };
        match first {
            b'a'..=b'z' => {
                let is_atom =
                    |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@');
                Ok(Token::Atom(Cow::Borrowed(self.take_while(is_atom))))
            }
            b'0'..=b'9' => self.integer(),
            b'"' => Ok(Token::Text(self.quoted('"')?)),
            b'\'' => Ok(Token::Atom(self.quoted('\'')?)),
            b'.' => {
                self.rest = &self.rest[1..];
                Ok(Token::Dot)
            }
            _ => self.symbol(),
        }
    }

    fn symbol(&mut self) -> Result<Token<'a>, TermsError> {
        let symbol = match self.rest.as_bytes() {
            [b'{', ..] => "{",
            [b'}', ..] => "}",
            [b'[', ..] => "[",
            [b']', ..] => "]",
            [b',', ..] => ",",
            [b'-', ..] => "-",
            [b'+', ..] => "+",
            [b'#', ..] => "#",
            [b'/', ..] => "/",
            [b'<', b'<', ..] => "<<",
            [b'>', b'>', ..] => ">>",
            [b'=', b'>', ..] => "=>",
            _ => {
                let (line, character) = (self.line_of(self.start), self.rest.chars().next());
                let character = character.unwrap_or_default();
                return Err(TermsError::IllegalCharacter { line, character });
            }
        };
        self.rest = &self.rest[symbol.len()..];
        Ok(Token::Symbol(symbol))
    }

    fn integer(&mut self) -> Result<Token<'a>, TermsError> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let number = digits.parse();
        number
            .map(Token::Integer)
            .map_err(|_| TermsError::NumberTooLarge {
                line: self.line_of(self.start),
            })
    }

    /// Takes ASCII characters.
    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !accept(byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn quoted(&mut self, quote: char) -> Result<Cow<'a, str>, TermsError> {
        let (whole, start) = (self.text, self.start);
        let inside = &self.rest[1..];
        let is_special = |byte: u8| byte == quote as u8 || byte == b'\\';
        let unterminated = || TermsError::Unterminated {
            line: 1 + whole[..start].matches('\n').count(),
        };
        let plain = inside
            .bytes()
            .position(is_special)
            .ok_or_else(unterminated)?;
        if inside.as_bytes()[plain] != b'\\' {
            self.rest = &inside[plain + 1..];
            return Ok(Cow::Borrowed(&inside[..plain]));
        }
        let mut text = inside[..plain].to_owned();
        let mut chars = inside[plain..].chars();
        loop {
            match chars.next().ok_or_else(unterminated)? {
                '\\' => {
                    let (escaped, rest) = escape(chars.as_str()).ok_or_else(unterminated)?;
                    text.extend(escaped);
                    chars = rest.chars();
                }
                c if c == quote => break,
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Ok(Cow::Owned(text))
    }
}

/// What stands for the escape at the beginning of `text`, after its backslash, and what follows it.
/// A backslash before a space or a line's end stands for nothing. There is no `\x` in this dialect.
fn escape(text: &str) -> Option<(Option<char>, &str)> {
    let bytes = text.as_bytes();
    if let [a @ b'0'..=b'7', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] = bytes {
        let code = [a, b, c]
            .iter()
            .fold(0, |code, digit| code * 8 + u32::from(**digit - b'0'));
        return Some((char::from_u32(code), &text[3..]));
    }
    let mut chars = text.chars();
    let escaped = match chars.next()? {
        '^' => {
            let control = chars.next()?;
            char::from_u32(u32::from(control) & 31)
        }
        '\0'..=' ' => None,
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        'b' => Some('\x08'),
        'f' => Some('\x0c'),
        'e' => Some('\x1b'),
        's' => Some(' '),
        'd' => Some('\x7f'),
        other => Some(other),
    };
    Some((escaped, chars.as_str()))
}
