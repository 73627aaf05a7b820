//! Frames are read as they were written, and never larger than allowed.

use super::*;

fn bytes(header: &str, claimed_body: u32, body: &[u8]) -> BytesMut {
    let mut bytes = BytesMut::new();
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&claimed_body.to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn read(buffer: BytesMut) -> Result<Option<(Said, Bytes)>, WireError> {
    Reader { buffer, begun: None }.take(1000)
}

#[test]
fn frames_are_taken_only_whole() {
    let whole = bytes(r#"{"type":"result","cpu_us":5}"#, 3, b"abc");
    for length in 0..whole.len() {
        assert!(read(BytesMut::from(&whole[..length])).unwrap().is_none());
    }
    let (said, body) = read(whole).unwrap().unwrap();
    assert!(matches!(said, Said::Result(seen) if seen.cpu_us == 5));
    assert_eq!(&body[..], b"abc");
}

#[test]
fn claims_are_checked_before_anything_arrives() {
    let cases = [
        bytes(r#"{"type":"result"}"#, 1001, b""),
        bytes(r#"{"type":"parked"}"#, 1, b""),
        bytes(r#"{"type":"http","id":1,"method":"GET","url":"","headers":[]}"#, u32::MAX, b""),
        bytes(r#"{"type":"code"}"#, u32::MAX, b""),
        bytes(r#"{"type":"tool","id":1,"name":"a__b"}"#, (1 << 20) + 1, b""),
        bytes(r#"{"type":"ask","id":1}"#, (64 << 10) + 1, b""),
    ];
    for case in cases {
        assert!(matches!(read(case), Err(WireError::TooLarge { .. })));
    }
    let mut huge_header = BytesMut::new();
    huge_header.extend_from_slice(&[0xff; 8]);
    assert!(matches!(read(huge_header), Err(WireError::TooLarge { what: "header", .. })));
}

#[test]
fn garbage_is_named_and_deep_json_does_not_overflow() {
    let deep = format!(r#"{{"type":"log","message":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    for header in ["", "null", "{}", r#"{"type":"run"}"#, "\u{0}\u{0}", &deep] {
        assert!(matches!(read(bytes(header, 0, b"")), Err(WireError::Garbage(_))), "{header}");
    }
}
