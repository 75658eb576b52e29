//! Tokens to terms.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::lexer::{Lexer, Token};
use super::{Atom, MAX_DEPTH, MAX_TERMS, Term, TermsError};

/// Reads the terms of `text`, each ended by a dot. Text that is not UTF-8 is taken for Latin-1, as
/// clients do. Memory is bounded by the length of `text` and [`MAX_TERMS`].
pub fn parse(text: &[u8]) -> Result<Vec<Term>, TermsError> {
    let text = match str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(text.iter().copied().map(char::from).collect()),
    };
    let mut parser = Parser::new(&text)?;
    let mut terms = Vec::new();
    while parser.token != Token::End {
        terms.push(parser.term(0)?);
        if parser.token != Token::Dot {
            return Err(parser.unexpected("a dot"));
        }
        parser.advance()?;
    }
    Ok(terms)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token to look at next.
    token: Token<'a>,
    /// Where it begins, in bytes.
    token_at: usize,
    /// Where the token before it begins.
    taken_at: usize,
    count: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, TermsError> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next()?;
        Ok(Self {
            token_at: lexer.start(),
            taken_at: 0,
            lexer,
            token,
            count: 0,
        })
    }

    fn advance(&mut self) -> Result<Token<'a>, TermsError> {
        let next = self.lexer.next()?;
        self.taken_at = std::mem::replace(&mut self.token_at, self.lexer.start());
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// The token to look at next is not what it should be.
    fn unexpected(&self, expected: &'static str) -> TermsError {
        TermsError::Unexpected {
            line: self.lexer.line_of(self.token_at),
            found: self.token.describe(),
            expected,
        }
    }

    /// The token just taken is not what it should be.
    fn unexpected_taken(&self, found: &Token<'_>, expected: &'static str) -> TermsError {
        TermsError::Unexpected {
            line: self.taken_line(),
            found: found.describe(),
            expected,
        }
    }

    fn taken_line(&self) -> usize {
        self.lexer.line_of(self.taken_at)
    }

    fn take_symbol(&mut self, symbol: &'static str) -> Result<bool, TermsError> {
        if self.token == Token::Symbol(symbol) {
            self.advance()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn expect_symbol(&mut self, symbol: &'static str) -> Result<(), TermsError> {
        match self.take_symbol(symbol)? {
            true => Ok(()),
            false => Err(self.unexpected(symbol)),
        }
    }

    fn count(&mut self, terms: usize) -> Result<(), TermsError> {
        self.count = self.count.saturating_add(terms);
        match self.count > MAX_TERMS {
            true => Err(TermsError::TooMany),
            false => Ok(()),
        }
    }

    fn term(&mut self, depth: usize) -> Result<Term, TermsError> {
        if depth > MAX_DEPTH {
            let line = self.lexer.line_of(self.token_at);
            return Err(TermsError::TooDeep { line });
        }
        self.count(1)?;
        match self.advance()? {
            Token::Atom(name) => self.known_atom(&name).map(Term::Atom),
            Token::Integer(number) => Ok(Term::Integer(number)),
            Token::Text(text) => self.text(text),
            Token::Symbol("[") => Ok(Term::List(self.items("]", depth)?)),
            Token::Symbol("{") => Ok(Term::Tuple(self.items("}", depth)?)),
            Token::Symbol("<<") => self.binary(),
            Token::Symbol("#") => self.map(depth),
            Token::Symbol(sign @ ("-" | "+")) => self.signed(sign).map(Term::Integer),
            found => Err(self.unexpected_taken(&found, "a term")),
        }
    }

    /// The atom just taken.
    fn known_atom(&self, name: &str) -> Result<Atom, TermsError> {
        Atom::from_name(name).ok_or_else(|| TermsError::IllegalAtom {
            line: self.taken_line(),
            atom: name.chars().take(64).collect(),
        })
    }

    fn signed(&mut self, sign: &str) -> Result<i64, TermsError> {
        match self.token {
            Token::Integer(number) => {
                self.advance()?;
                Ok(if sign == "-" { -number } else { number })
            }
            _ => Err(self.unexpected("a number")),
        }
    }

    /// A text and those that follow it immediately: `"a" "b"` is `"ab"`.
    fn adjacent(&mut self, mut text: Cow<'a, str>) -> Result<Cow<'a, str>, TermsError> {
        while let Token::Text(_) = self.token {
            if let Token::Text(more) = self.advance()? {
                text.to_mut().push_str(&more);
            }
        }
        Ok(text)
    }

    fn text(&mut self, text: Cow<'a, str>) -> Result<Term, TermsError> {
        let text = self.adjacent(text)?;
        self.count(text.chars().count())?;
        let numbers = text.chars().map(|c| Term::Integer(i64::from(u32::from(c))));
        Ok(Term::List(numbers.collect()))
    }

    /// Items between commas up to `close`; the opening bracket is already taken.
    fn items(&mut self, close: &'static str, depth: usize) -> Result<Vec<Term>, TermsError> {
        let mut items = Vec::new();
        if self.take_symbol(close)? {
            return Ok(items);
        }
        loop {
            items.push(self.term(depth + 1)?);
            if self.take_symbol(close)? {
                return Ok(items);
            }
            self.expect_symbol(",")?;
        }
    }

    fn map(&mut self, depth: usize) -> Result<Term, TermsError> {
        self.expect_symbol("{")?;
        let mut map = BTreeMap::new();
        if self.take_symbol("}")? {
            return Ok(Term::Map(map));
        }
        loop {
            let key = self.term(depth + 1)?;
            self.expect_symbol("=>")?;
            map.insert(key, self.term(depth + 1)?);
            if self.take_symbol("}")? {
                return Ok(Term::Map(map));
            }
            self.expect_symbol(",")?;
        }
    }

    fn binary(&mut self) -> Result<Term, TermsError> {
        let mut bytes = Vec::new();
        if self.take_symbol(">>")? {
            return Ok(Term::Binary(bytes));
        }
        loop {
            self.segment(&mut bytes)?;
            if self.take_symbol(">>")? {
                return Ok(Term::Binary(bytes));
            }
            self.expect_symbol(",")?;
        }
    }

    /// One segment of a binary: a number or a text, each character one byte, or UTF-8 where it says so.
    fn segment(&mut self, bytes: &mut Vec<u8>) -> Result<(), TermsError> {
        let number = match self.advance()? {
            Token::Text(text) => {
                let text = self.adjacent(text)?;
                match self.is_utf8_segment()? || text.is_ascii() {
                    true => bytes.extend_from_slice(text.as_bytes()),
                    false => bytes.extend(text.chars().map(|c| low_byte(u32::from(c).into()))),
                }
                return Ok(());
            }
            Token::Integer(number) => number,
            Token::Symbol(sign @ ("-" | "+")) => self.signed(sign)?,
            found => return Err(self.unexpected_taken(&found, "a text or a number")),
        };
        if self.is_utf8_segment()? {
            let line = self.taken_line();
            let character = u32::try_from(number).ok().and_then(char::from_u32);
            let character = character.ok_or(TermsError::NumberTooLarge { line })?;
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            bytes.push(low_byte(number));
        }
        Ok(())
    }

    fn is_utf8_segment(&mut self) -> Result<bool, TermsError> {
        if !self.take_symbol("/")? {
            return Ok(false);
        }
        match self.advance()? {
            Token::Atom(name) if name == "utf8" => Ok(true),
            Token::Atom(name) if name == "integer" => Ok(false),
            found => Err(self.unexpected_taken(&found, "utf8")),
        }
    }
}

/// Erlang keeps the lowest byte of whatever does not fit, without a word.
fn low_byte(number: i64) -> u8 {
    (number & 0xff) as u8
}
