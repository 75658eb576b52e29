//! A QR code as the path of an SVG: black on white in every color scheme, or cameras do not read it.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// The light edge that the standard asks for.
const EDGE: usize = 4;

/// What a template draws.
#[derive(Clone, Debug)]
pub(super) struct Qr {
    /// Width and height, in modules.
    pub(super) width: usize,
    /// The dark modules.
    pub(super) path: String,
}

impl Qr {
    /// The code of a text; empty when the text is too long for one (some 2,000 characters).
    pub(super) fn of(text: &str) -> Self {
        let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
            return Self {
                width: 0,
                path: String::new(),
            };
        };
        let (side, colors) = (code.width(), code.to_colors());
        let mut path = String::new();
        for (row, modules) in colors.chunks(side).enumerate() {
            let mut column = 0;
            for run in modules.chunk_by(|one, other| one == other) {
                if run[0] == Color::Dark {
                    let (x, y) = (column + EDGE, row + EDGE);
                    write!(path, "M{x} {y}h{}v1H{x}z", run.len()).expect("a string takes it");
                }
                column += run.len();
            }
        }
        Self {
            width: side + 2 * EDGE,
            path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_the_square_in_its_corner() {
        let qr = Qr::of("otpauth://totp/Skep%20acme:jo?secret=JBSWY3DPEHPK3PXP&issuer=Skep%20acme");
        assert!(qr.path.starts_with("M4 4h7v1H4z"), "{}", qr.path);
        assert!((21 + 8..60).contains(&qr.width), "{}", qr.width);
    }
}
