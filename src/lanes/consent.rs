//! Renewing the grant of a Zalo Official Account.

use std::sync::Arc;

use async_trait::async_trait;
use contract::{Clock, Keychain};
use loa_zalo::ExchangeError;

use crate::engine::{Consent, ConsentRefusal, ConsentStart};

#[derive(Clone)]
pub(super) struct ZaloConsent {
    settings: loa_zalo::ZaloSettings,
    keychain: Arc<dyn Keychain>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for ZaloConsent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZaloConsent").field("oa", &self.settings.oa_id).finish_non_exhaustive()
    }
}

impl ZaloConsent {
    pub(super) fn new(
        settings: loa_zalo::ZaloSettings,
        keychain: Arc<dyn Keychain>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { settings, keychain, clock }
    }
}

#[async_trait]
impl Consent for ZaloConsent {
    fn start(&self, redirect_uri: &str) -> ConsentStart {
        let loa_zalo::Pkce { verifier, challenge } = loa_zalo::pkce();
        let state = uuid::Uuid::new_v4().simple().to_string();
        let url = loa_zalo::consent_url(&self.settings, redirect_uri, &state, &challenge);
        ConsentStart { url, state, verifier }
    }

    async fn finish(&self, code: &str, verifier: &str, account: Option<&str>) -> Result<(), ConsentRefusal> {
        if let Some(other) = account.filter(|account| *account != self.settings.oa_id) {
            return Err(another_account(other, &self.settings.oa_id));
        }
        loa_zalo::exchange(&self.settings, code, verifier, self.keychain.as_ref(), self.clock.as_ref())
            .await
            .map_err(|error| ConsentRefusal { vi: vietnamese(&error), en: error.to_string() })
    }
}

/// The tokens would be another account's: everything would be sent in its name.
fn another_account(given: &str, ours: &str) -> ConsentRefusal {
    ConsentRefusal {
        vi: format!(
            "quyền vừa cấp là của Official Account {given}, không phải {ours}: hãy bắt đầu lại và chọn đúng tài khoản"
        ),
        en: format!(
            "it was given for the Official Account {given}, not for {ours}: begin again and choose the right one"
        ),
    }
}

fn vietnamese(error: &ExchangeError) -> String {
    match error {
        ExchangeError::Refused(code) => format!(
            "Zalo không nhận mã vừa cấp ({code}): hãy đồng ý lại, và so mã ứng dụng, khóa bí mật, địa chỉ callback với trang quản lý"
        ),
        ExchangeError::Unreachable(_) => "không kết nối được tới Zalo, chưa gửi gì: hãy thử lại".to_owned(),
        ExchangeError::Lost(_) => {
            "không có câu trả lời dùng được, mã có thể đã bị dùng: hãy đồng ý lại".to_owned()
        }
        ExchangeError::NotStored(_) => "không lưu được khóa mới nên không dùng: hãy đồng ý lại".to_owned(),
    }
}
