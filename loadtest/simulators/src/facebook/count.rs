//! The platform's own account of what happened, to be compared with the gateway's.

use serde::Serialize;
use std::collections::BTreeMap;

/// Totals since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Calls by route, such as `POST feed`, `GET published_posts`, `POST post`, `GET insights`; `other` is
    /// what no route knows.
    pub requests: BTreeMap<&'static str, u64>,
    /// Posts made through the API, whatever was answered; scheduled and unpublished ones too.
    pub posts_created: u64,
    /// Of these: with the text of an earlier one.
    pub duplicate_posts: u64,
    /// Photos taken in, with or without a post.
    pub photos_uploaded: u64,
    /// Unpublished photos that were deleted after 24 hours because no post used them.
    pub photos_purged: u64,
    /// Posts changed.
    pub edits: u64,
    /// Posts deleted through the API.
    pub deletes: u64,
    /// Comments made through the API.
    pub comments: u64,
    /// Error answers by code, injected ones too.
    pub refused_by_code: BTreeMap<u32, u64>,
    /// Calls that were carried out while the answer said otherwise or was lost.
    pub answers_spoilt: u64,
    /// Calls without `appsecret_proof` while it was required.
    pub proofs_missing: u64,
    /// Deliveries tried, repeats included.
    pub webhooks_sent: u64,
    /// Deliveries answered with 200.
    pub webhooks_acked: u64,
    /// Deliveries answered otherwise or not at all.
    pub webhooks_failed: u64,
    /// Events given up: every repeat failed, or too many were waiting.
    pub webhooks_dropped: u64,
    /// Pages of lists read.
    pub listing_reads: u64,
    /// Insights read.
    pub insight_reads: u64,
    /// Calls that carried `access_token` in the URL, where proxies and logs see it. Following `paging.next`
    /// as it is counts too.
    pub tokens_in_url: u64,
}

impl Counts {
    /// Calls of all routes.
    pub fn requests_total(&self) -> u64 {
        self.requests.values().sum()
    }

    /// Calls of one route, such as `POST feed`.
    pub fn requests_of(&self, route: &str) -> u64 {
        self.requests.get(route).copied().unwrap_or(0)
    }
}
