//! The rows of [`crate::codes`], as Meta's pages on errors and what users have seen describe them.

use crate::codes::{
    Class::{
        self, Block, Config, Duplicate, Gone, Link, Permanent, Permission, Throttle, Token, Uncertain,
        Unmeasured,
    },
    Row,
};

const fn c(code: i64, class: Class, vi: &'static str) -> Row {
    Row { code: Some(code), subcode: None, words: "", class, vi }
}

const fn s(code: i64, subcode: i64, class: Class, vi: &'static str) -> Row {
    Row { code: Some(code), subcode: Some(subcode), words: "", class, vi }
}

/// Subcodes that come under several codes.
const fn any(subcode: i64, class: Class, vi: &'static str) -> Row {
    Row { code: None, subcode: Some(subcode), words: "", class, vi }
}

const fn w(code: i64, words: &'static str, class: Class, vi: &'static str) -> Row {
    Row { code: Some(code), subcode: None, words, class, vi }
}

#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    c(1, Uncertain, "Facebook báo lỗi không rõ; bài có thể đã được đăng"),
    s(1, 2_853_006, Permission, "tài khoản không có quyền xem hoặc đăng"),
    c(2, Uncertain, "dịch vụ Facebook gặp lỗi; bài có thể đã được đăng"),
    c(3, Config, "ứng dụng không được dùng chức năng này"),
    c(4, Throttle, "ứng dụng vượt giới hạn số lần gọi"),
    c(10, Permission, "quyền chưa được cấp hoặc đã bị thu hồi"),
    c(17, Throttle, "tài khoản vượt giới hạn số lần gọi"),
    c(32, Throttle, "vượt giới hạn gọi của Trang; kiểm tra mã truy cập có phải của Trang không"),
    c(100, Permanent, "tham số không hợp lệ"),
    s(100, 33, Gone, "không có đối tượng này hoặc không có quyền với nó"),
    s(100, 1_366_046, Permanent, "ảnh không đọc được, quá lớn hoặc sai định dạng"),
    w(100, "appsecret_proof", Config, "Facebook không nhận bằng chứng của mã bí mật ứng dụng (app_secret)"),
    w(100, "insights metric", Unmeasured, "chỉ số này không còn"),
    w(100, "missing permission", Permission, "thiếu quyền"),
    w(100, "only owners of the url", Config, "chỉ chủ sở hữu liên kết được sửa phần xem trước"),
    c(102, Token, "phiên đăng nhập đã hết"),
    c(104, Config, "chữ ký của lần gọi không đúng; kiểm tra app_secret"),
    c(190, Token, "mã truy cập của Trang không còn hiệu lực"),
    s(190, 458, Token, "ứng dụng đã bị gỡ khỏi tài khoản"),
    s(190, 459, Token, "tài khoản cần đăng nhập trên facebook.com để xác minh"),
    s(190, 460, Token, "mật khẩu của tài khoản đã đổi"),
    s(190, 463, Token, "mã truy cập đã hết hạn"),
    s(190, 464, Token, "tài khoản chưa được xác nhận; cần đăng nhập trên facebook.com"),
    s(190, 467, Token, "mã truy cập không hợp lệ"),
    s(190, 490, Token, "mã truy cập đã hết hạn"),
    s(190, 492, Permission, "tài khoản không có vai trò phù hợp trên Trang"),
    s(190, 2_069_032, Config, "cần mã truy cập của Trang, không phải của người dùng"),
    w(200, "must be posted to a page as the page itself", Config, "cần mã truy cập của Trang, không phải của người dùng"),
    w(200, "app cannot edit non-app posts", Permanent, "bài này không do ứng dụng đăng nên không sửa được"),
    s(200, 2_069_030, Config, "Trang mới không hỗ trợ chức năng này"),
    s(200, 2_069_031, Config, "Trang mới không hỗ trợ trường này"),
    s(200, 2_069_033, Config, "chức năng này đã bị bỏ"),
    c(210, Config, "cần mã truy cập của Trang"),
    c(240, Permission, "thiếu quyền đăng ảnh"),
    c(283, Permission, "thiếu quyền pages_read_engagement"),
    c(324, Permanent, "thiếu ảnh hoặc ảnh không hợp lệ"),
    c(341, Throttle, "ứng dụng vượt giới hạn số lần gọi"),
    c(368, Block, "Trang hoặc ứng dụng bị chặn tạm thời vì chính sách"),
    s(368, 1_390_008, Block, "đăng quá thường xuyên; Facebook tạm giới hạn"),
    s(368, 1_346_003, Block, "nội dung bị báo cáo là lạm dụng; cần người kiểm tra"),
    w(368, "already posted", Duplicate, "nội dung này đã được đăng"),
    c(506, Duplicate, "trùng với bài vừa đăng"),
    c(613, Throttle, "vượt giới hạn số lần gọi"),
    c(1500, Link, "liên kết không hợp lệ"),
    c(1_609_005, Link, "Facebook không đọc được liên kết"),
    any(1_609_005, Link, "Facebook không đọc được liên kết"),
    any(2_061_006, Link, "liên kết không hợp lệ"),
    c(1_609_008, Link, "Facebook không nhận liên kết này"),
    any(1_609_008, Link, "Facebook không nhận liên kết này"),
    c(1705, Config, "cần mã truy cập của Trang"),
    c(2500, Config, "đường dẫn lời gọi không đúng"),
    c(3001, Config, "chưa nêu chỉ số cần đọc"),
    c(80_001, Throttle, "Trang vượt giới hạn số lần gọi"),
    c(2_874_008, Unmeasured, "Trang chưa đủ người theo dõi để có chỉ số"),
    any(2_874_008, Unmeasured, "Trang chưa đủ người theo dõi để có chỉ số"),
    any(1_404_006, Block, "tài khoản cần qua kiểm tra bảo mật"),
    any(1_404_078, Block, "Trang cần được xác minh quyền đăng"),
    any(1_404_102, Block, "nội dung vi phạm tiêu chuẩn cộng đồng"),
    any(1_404_112, Block, "tài khoản bị giới hạn trong vài ngày"),
    any(4_854_002, Block, "tài khoản cần xác minh danh tính"),
    any(1_366_051, Duplicate, "các ảnh này đã được đăng"),
    any(1_363_047, Uncertain, "dịch vụ Facebook không sẵn sàng; bài có thể đã được đăng"),
    any(1_609_010, Uncertain, "dịch vụ Facebook không sẵn sàng; bài có thể đã được đăng"),
    any(1_349_125, Permanent, "nội dung không hợp lệ"),
];
