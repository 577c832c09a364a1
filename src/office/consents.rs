//! Renewing a provider's consent: an admin starts it, the provider sends the admin back with a code.

use std::{sync::Arc, time::Duration};

use super::{Act, Conflict, Office, OfficeError, Result, Text, accounts::require};
use crate::{
    engine::{Consent, ConsentRefusal, ConsentStart},
    ledger::Account,
};

/// The provider answers an exchange in a second or two.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);

impl Office {
    /// Where the admin goes. `public_url` is where people, and so the provider's redirect, reach this gateway.
    ///
    /// # Errors
    /// A lane whose consent nobody can renew, no public address, or `by` may not.
    pub fn consent_start(&self, by: &Account, lane: &str, public_url: Option<&str>) -> Result<ConsentStart> {
        require(by, Act::RenewConsent)?;
        let consent = self.consent_of(lane)?;
        let Some(public_url) = public_url else {
            let why = Text::of(
                "chưa đặt server.public_url trong cấu hình: nhà cung cấp không biết đưa người dùng về đâu",
                "server.public_url is not set: the provider would not know where to send the person back",
            );
            return Err(OfficeError::Conflict(Conflict::Setting { key: "server.public_url", why }));
        };
        tracing::info!(by = %by.id, lane, "consent asked for");
        Ok(consent.start(&format!("{}/consent/{lane}", public_url.trim_end_matches('/'))))
    }

    /// Exchanges the code that came back, for the account that came back with it, and stores what it brings. `Err` inside:
    /// the sentence for the person.
    ///
    /// # Errors
    /// A lane whose consent nobody can renew.
    pub async fn consent_finish(
        &self,
        lane: &str,
        code: &str,
        verifier: &str,
        account: Option<&str>,
    ) -> Result<std::result::Result<(), ConsentRefusal>> {
        let consent = self.consent_of(lane)?;
        let answer = tokio::time::timeout(EXCHANGE_LIMIT, consent.finish(code, verifier, account)).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(ConsentRefusal {
                vi: "nhà cung cấp không trả lời kịp: hãy bắt đầu lại".to_owned(),
                en: "the provider did not answer in time: begin again".to_owned(),
            })
        });
        match &answer {
            Ok(()) => tracing::info!(lane, "consent renewed"),
            Err(why) => tracing::error!(lane, why = why.en, "consent not renewed"),
        }
        Ok(answer)
    }

    fn consent_of(&self, lane: &str) -> Result<Arc<dyn Consent>> {
        let known = self.consents.load().get(lane).cloned();
        known.ok_or_else(|| OfficeError::no("lane with a consent to renew named", lane))
    }
}
