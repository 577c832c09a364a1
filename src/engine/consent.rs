//! Renewing a provider's consent: a person of the office clicks at the provider, who sends them back with a code.

use async_trait::async_trait;

/// Where the person goes, and what must come back with them.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentStart {
    /// The provider's page.
    pub url: String,
    /// Comes back unchanged; binds the answer to this request.
    pub state: String,
    /// Kept by us; proves at the exchange that the request was ours.
    pub verifier: String,
}

impl std::fmt::Debug for ConsentStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsentStart").finish_non_exhaustive()
    }
}

/// Why there is no new grant and what to do, for the person who waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRefusal {
    pub vi: String,
    pub en: String,
}

/// One account at a provider whose grant a person can renew.
#[async_trait]
pub trait Consent: Send + Sync + std::fmt::Debug {
    fn start(&self, redirect_uri: &str) -> ConsentStart;

    /// Exchanges the code for tokens and stores them. `account` is the one that the provider says it was given for: a
    /// person may look after several.
    ///
    /// # Errors
    /// What the provider or the store said.
    async fn finish(&self, code: &str, verifier: &str, account: Option<&str>) -> Result<(), ConsentRefusal>;
}
