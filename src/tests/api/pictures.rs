//! Pictures: taken once, refused with a reason, shown as they were given.

use loa::ledger::Role;

use super::desk::Desk;

/// The beginning of a PNG of this size: what is looked at.
pub(super) fn picture(width: u32, height: u32) -> Vec<u8> {
    let start: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    [start, &width.to_be_bytes(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat()
}

#[tokio::test]
async fn a_picture_is_stored_once_and_shown_as_it_was_given() {
    let desk = Desk::open().await;
    let bytes = picture(1200, 630);
    let first = desk.picture(Role::Author, "image/png", &bytes).await.expect(200);
    assert_eq!(
        (&first["width"], &first["height"], &first["stored"]),
        (&1200.into(), &630.into(), &true.into())
    );
    let again = desk.picture(Role::Approver, "Image/PNG; x=y", &bytes).await.expect(200);
    assert_eq!((&again["hash"], &again["stored"]), (&first["hash"], &false.into()));
    let shown = desk.get(Role::Auditor, &format!("/pictures/{}", first["hash"].as_str().unwrap())).await;
    assert_eq!((shown.header("content-type"), &shown.bytes), ("image/png", &bytes));
    assert!(shown.header("cache-control").contains("immutable"));
    desk.get(Role::Auditor, "/pictures/0").await.expect(404);
}

#[tokio::test]
async fn what_the_page_would_refuse_or_spoil_is_refused_with_the_reason() {
    let desk = Desk::open().await;
    let padded = |start: Vec<u8>, bytes: usize| [start, vec![0; bytes]].concat();
    let table = [
        ("text/plain", picture(2, 2), 415, ""),
        ("image/gif", b"GIF89a".to_vec(), 415, ""),
        ("image/jpeg", picture(2, 2), 422, "no picture of this media type"),
        ("image/png", b"<svg/>".to_vec(), 422, "no picture of this media type"),
        ("image/png", picture(0, 2), 422, "its size cannot be read"),
        ("image/png", picture(8_001, 2), 422, "8000 pixels"),
        ("image/png", padded(picture(2, 2), 1_000_000), 422, "blurs"),
        ("image/jpeg", padded(vec![0xff, 0xd8, 0xff], 4_000_000), 422, "refuses pictures of 4 MB"),
        ("image/jpeg", padded(vec![0xff, 0xd8, 0xff], 12_000_000), 413, ""),
    ];
    for (media_type, bytes, status, reason) in table {
        let problem = desk.picture(Role::Author, media_type, &bytes).await.expect(status);
        let said = problem["errors"][0]["reason"].as_str().unwrap_or_default();
        assert!(said.contains(reason), "{media_type} {} bytes: {problem}", bytes.len());
    }
}
