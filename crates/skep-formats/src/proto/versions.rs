//! Wire messages of `versions`.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType, int32, string};
use prost::{DecodeError, Message};

use crate::registry::Texts;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Versions {
    #[prost(message, repeated, tag = "1")]
    pub(crate) packages: Vec<Package>,
    #[prost(string, optional, tag = "2")]
    pub(crate) repository: Option<String>,
}

const NAME: u32 = 1;
const VERSIONS: u32 = 2;
const RETIRED: u32 = 3;
const WITH_ADVISORIES: u32 = 5;

/// Written out, not derived: prost would put each version into memory of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Package {
    pub(crate) name: Option<String>,
    pub(crate) versions: Texts,
    pub(crate) retired: Vec<i32>,
    pub(crate) with_advisories: Vec<i32>,
}

impl Message for Package {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        if let Some(name) = &self.name {
            string::encode(NAME, name, buf);
        }
        for version in self.versions.iter() {
            encoding::encode_key(VERSIONS, WireType::LengthDelimited, buf);
            encoding::encode_varint(version.len() as u64, buf);
            buf.put_slice(version.as_bytes());
        }
        int32::encode_packed(RETIRED, &self.retired, buf);
        int32::encode_packed(WITH_ADVISORIES, &self.with_advisories, buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            NAME => string::merge(wire_type, self.name.get_or_insert_default(), buf, ctx),
            VERSIONS => merge_text(wire_type, &mut self.versions, buf, ctx),
            RETIRED => int32::merge_repeated(wire_type, &mut self.retired, buf, ctx),
            WITH_ADVISORIES => {
                int32::merge_repeated(wire_type, &mut self.with_advisories, buf, ctx)
            }
            _ => encoding::skip_field(wire_type, tag, buf, ctx),
        }
    }

    fn encoded_len(&self) -> usize {
        let name = self.name.as_ref();
        let text = |text: &str| {
            encoding::key_len(VERSIONS)
                + encoding::encoded_len_varint(text.len() as u64)
                + text.len()
        };
        name.map_or(0, |name| string::encoded_len(NAME, name))
            + self.versions.iter().map(text).sum::<usize>()
            + int32::encoded_len_packed(RETIRED, &self.retired)
            + int32::encoded_len_packed(WITH_ADVISORIES, &self.with_advisories)
    }

    fn clear(&mut self) {
        self.name = None;
        self.versions.clear();
        self.retired.clear();
        self.with_advisories.clear();
    }
}

fn merge_text(
    wire_type: WireType,
    texts: &mut Texts,
    buf: &mut impl Buf,
    ctx: DecodeContext,
) -> Result<(), DecodeError> {
    // A short text that lies in one piece, as they all do, is read where it is.
    if wire_type == WireType::LengthDelimited
        && let [length @ 0..0x80, rest @ ..] = buf.chunk()
        && let Some(text) = rest.get(..usize::from(*length))
        && let Ok(text) = str::from_utf8(text)
    {
        texts.push(text);
        let read = 1 + text.len();
        buf.advance(read);
        return Ok(());
    }
    let mut text = String::new();
    string::merge(wire_type, &mut text, buf, ctx)?;
    texts.push(&text);
    Ok(())
}
