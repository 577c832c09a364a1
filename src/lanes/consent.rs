//! Renewing the grant of a Zalo Official Account.

use std::sync::Arc;

use async_trait::async_trait;
use contract::{Clock, Keychain};

use crate::engine::{Consent, ConsentStart};

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

    async fn finish(&self, code: &str, verifier: &str) -> Result<(), String> {
        loa_zalo::exchange(&self.settings, code, verifier, self.keychain.as_ref(), self.clock.as_ref())
            .await
            .map_err(|error| error.to_string())
    }
}
