//! Terms to text.

use std::fmt::{self, Display, Formatter, Write};

use super::Term;

/// Writes `terms`, each on a line of its own and ended by a dot, so that every Hex client reads them
/// back. Equal terms give equal text.
pub fn print<'a>(terms: impl IntoIterator<Item = &'a Term>) -> String {
    let mut text = String::new();
    for term in terms {
        writeln!(text, "{term}.").expect("writing to a string does not fail");
    }
    text
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atom(atom) => f.write_str(atom.name()),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Binary(bytes) => binary(f, bytes),
            Self::List(items) => sequence(f, "[", items, "]"),
            Self::Tuple(items) => sequence(f, "{", items, "}"),
            Self::Map(map) => {
                f.write_str("#{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    separate(f, index)?;
                    write!(f, "{key} => {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn sequence(f: &mut Formatter<'_>, open: &str, items: &[Term], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        separate(f, index)?;
        write!(f, "{item}")?;
    }
    f.write_str(close)
}

fn separate(f: &mut Formatter<'_>, index: usize) -> fmt::Result {
    if index > 0 { f.write_str(",") } else { Ok(()) }
}

/// ASCII text as text; anything else as numbers, which every version of every client reads.
fn binary(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    if !bytes.iter().all(|byte| is_plain(*byte)) {
        f.write_str("<<")?;
        for (index, byte) in bytes.iter().enumerate() {
            separate(f, index)?;
            write!(f, "{byte}")?;
        }
        return f.write_str(">>");
    }
    f.write_str("<<")?;
    if !bytes.is_empty() {
        f.write_char('"')?;
        for byte in bytes {
            match byte {
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b'\t' => f.write_str("\\t")?,
                b'"' => f.write_str("\\\"")?,
                byte => f.write_char(char::from(*byte))?,
            }
        }
        f.write_char('"')?;
    }
    f.write_str(">>")
}

/// Whether a byte can stand between quotes. A backslash cannot: where a text ends with an escaped one,
/// Hex clients read past the closing quote.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t') && byte != b'\\'
}
