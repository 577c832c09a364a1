//! Message ids: one serial number per accepted part, written in the link's habit. Every form can be
//! read back, so nothing has to be remembered to answer `query_sm`.

use super::chance::{mix, unmix};
use super::script::IdStyle;

/// Serials start here, so that hexadecimal ids contain letters and zeros mean something.
const FIRST: u64 = 0x0A1B_2C3D;
/// Width of the padded forms.
const PADDED: usize = 16;

/// One way of writing a number.
#[derive(Debug, Clone, Copy)]
struct Form {
    scrambled: bool,
    hex: bool,
    upper: bool,
    width: usize,
}

const DECIMAL: Form = Form { scrambled: false, hex: false, upper: false, width: 0 };
const HEX: Form = Form { hex: true, ..DECIMAL };
const RANDOM: Form = Form { scrambled: true, hex: true, upper: false, width: PADDED };
const RANDOM_UPPER: Form = Form { upper: true, ..RANDOM };
const ZEROS: Form = Form { width: PADDED, ..DECIMAL };

impl IdStyle {
    fn forms(self) -> (Form, Form) {
        match self {
            Self::SequentialDecimal => (DECIMAL, DECIMAL),
            Self::RandomHex => (RANDOM, RANDOM),
            Self::HexThenDecimal => (HEX, DECIMAL),
            Self::DecimalThenHex => (DECIMAL, HEX),
            Self::UpperThenLower => (RANDOM_UPPER, RANDOM),
            Self::LowerThenUpper => (RANDOM, RANDOM_UPPER),
            Self::ZerosInResponse => (ZEROS, DECIMAL),
            Self::ZerosInReceipt => (DECIMAL, ZEROS),
        }
    }

    pub(crate) fn write_response(self, out: &mut Vec<u8>, serial: u64) {
        write(out, serial, self.forms().0);
    }

    pub(crate) fn write_receipt(self, out: &mut Vec<u8>, serial: u64) {
        write(out, serial, self.forms().1);
    }

    /// The serial behind an id that the client got in a response.
    pub(crate) fn read_response(self, id: &[u8]) -> Option<u64> {
        let form = self.forms().0;
        let radix = if form.hex { 16 } else { 10 };
        let number = u64::from_str_radix(std::str::from_utf8(id).ok()?, radix).ok()?;
        if form.scrambled { unmix(number).checked_sub(FIRST) } else { number.checked_sub(FIRST) }
    }
}

fn write(out: &mut Vec<u8>, serial: u64, form: Form) {
    let plain = serial.wrapping_add(FIRST);
    let mut rest = if form.scrambled { mix(plain) } else { plain };
    let digits: &[u8; 16] = if form.upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let radix = if form.hex { 16 } else { 10 };
    let mut text = [b'0'; 20];
    let mut at = text.len();
    while rest > 0 {
        at -= 1;
        text[at] = digits[(rest % radix) as usize];
        rest /= radix;
    }
    out.extend_from_slice(&text[at.min(text.len() - form.width)..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(style: IdStyle, serial: u64) -> (String, String) {
        let (mut response, mut receipt) = (Vec::new(), Vec::new());
        style.write_response(&mut response, serial);
        style.write_receipt(&mut receipt, serial);
        (String::from_utf8(response).unwrap(), String::from_utf8(receipt).unwrap())
    }

    #[test]
    fn every_style_writes_both_sides_and_reads_its_own() {
        for (style, response, receipt) in [
            (IdStyle::SequentialDecimal, "169552957", "169552957"),
            (IdStyle::HexThenDecimal, "a1b2c3d", "169552957"),
            (IdStyle::DecimalThenHex, "169552957", "a1b2c3d"),
            (IdStyle::ZerosInResponse, "0000000169552957", "169552957"),
            (IdStyle::ZerosInReceipt, "169552957", "0000000169552957"),
        ] {
            assert_eq!(written(style, 0), (response.into(), receipt.into()), "{style:?}");
            assert_eq!(style.read_response(response.as_bytes()), Some(0));
        }
        let (response, receipt) = written(IdStyle::UpperThenLower, 5);
        assert_eq!(response.len(), 16);
        assert_eq!(response.to_lowercase(), receipt);
        assert_eq!(IdStyle::UpperThenLower.read_response(response.as_bytes()), Some(5));
        assert_eq!(IdStyle::RandomHex.read_response(b"nonsense"), None);
    }
}
