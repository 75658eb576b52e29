//! Text to tokens.

use super::TermsError;

/// A lexical unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// An atom's text, known or not.
    Atom(String),
    /// What stands between double quotes, with its escapes resolved.
    Text(String),
    Integer(i64),
    /// Brackets, commas, signs: `{` `}` `[` `]` `<<` `>>` `=>` `,` `-` `+` `#` `/`.
    Symbol(&'static str),
    /// The dot that ends a term. It needs no space after it.
    Dot,
    End,
}

impl Token {
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
    rest: &'a str,
    line: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    /// The line of the next character, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn next(&mut self) -> Result<Token, TermsError> {
        // Hex clients take every control character for a space.
        let is_space = |c: char| c <= ' ';
        self.take_while(is_space);
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token::End);
        };
        match first {
            'a'..='z' => {
                let is_atom = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@';
                Ok(Token::Atom(self.take_while(is_atom).to_owned()))
            }
            '0'..='9' => self.integer(),
            '"' => Ok(Token::Text(self.quoted('"')?)),
            '\'' => Ok(Token::Atom(self.quoted('\'')?)),
            '.' => {
                self.rest = &self.rest[1..];
                Ok(Token::Dot)
            }
            character => self.symbol(character),
        }
    }

    fn symbol(&mut self, character: char) -> Result<Token, TermsError> {
        let symbol = match character {
            '{' => "{",
            '}' => "}",
            '[' => "[",
            ']' => "]",
            ',' => ",",
            '-' => "-",
            '+' => "+",
            '#' => "#",
            '/' => "/",
            '<' if self.rest.starts_with("<<") => "<<",
            '>' if self.rest.starts_with(">>") => ">>",
            '=' if self.rest.starts_with("=>") => "=>",
            character => {
                let line = self.line;
                return Err(TermsError::IllegalCharacter { line, character });
            }
        };
        self.rest = &self.rest[symbol.len()..];
        Ok(Token::Symbol(symbol))
    }

    fn integer(&mut self) -> Result<Token, TermsError> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        let line = self.line;
        let number = digits.parse();
        number
            .map(Token::Integer)
            .map_err(|_| TermsError::NumberTooLarge { line })
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn quoted(&mut self, quote: char) -> Result<String, TermsError> {
        let line = self.line;
        // Most texts have no escape.
        let end = self.rest[1..].find([quote, '\\']);
        let end = 1 + end.ok_or(TermsError::Unterminated { line })?;
        let mut text = self.rest[1..end].to_owned();
        let mut chars = self.rest[end..].chars();
        loop {
            match chars.next().ok_or(TermsError::Unterminated { line })? {
                '\\' => {
                    let (escaped, rest) =
                        escape(chars.as_str()).ok_or(TermsError::Unterminated { line })?;
                    text.extend(escaped);
                    chars = rest.chars();
                }
                c if c == quote => break,
                c => text.push(c),
            }
        }
        let taken = self.rest.len() - chars.as_str().len();
        self.line += self.rest[..taken].matches('\n').count();
        self.rest = chars.as_str();
        Ok(text)
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
