//! What is to be known of a server before it is trusted with anything.

use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult};

use super::RedisSettings;

const PATIENCE: Duration = Duration::from_secs(3);
/// Scripts that write after reading the time are taken since 5; 6.2 is the oldest that distributions still mend.
const VERSION_MIN: (u32, u32) = (6, 2);

pub(super) async fn inspect(settings: &RedisSettings) -> Result<Vec<String>, RedisError> {
    let client = Client::open(settings.url.as_str())?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
    // Managed servers may forbid it; then it stays unknown.
    let policy: RedisResult<Vec<String>> =
        redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query_async(&mut connection).await;
    let policy = policy.ok().and_then(|pair| pair.into_iter().nth(1));
    Ok(warnings(&info, policy.as_deref()))
}

fn warnings(info: &str, policy: Option<&str>) -> Vec<String> {
    let field =
        |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let mut warnings = Vec::new();
    let version = field("redis_version").unwrap_or_default();
    match numbers(version) {
        Some(found) if found >= VERSION_MIN => {}
        Some(_) => warnings.push(format!(
            "Redis {version} is older than {}.{}: scripts that read the time and write may be refused",
            VERSION_MIN.0, VERSION_MIN.1
        )),
        None => warnings.push(format!("the version '{version}' of the server is not understood")),
    }
    let limited = field("maxmemory").is_some_and(|bytes| bytes != "0");
    if let Some(policy) = policy.filter(|policy| limited && *policy != "noeviction") {
        warnings.push(format!(
            "maxmemory-policy is {policy}: a full server forgets quotas in use, and a lane may exceed its grant for a moment; set noeviction"
        ));
    }
    if field("role").is_some_and(|role| role != "master") {
        warnings.push("this server is a replica and takes no writes; name the primary".into());
    }
    if field("cluster_enabled") == Some("1") {
        warnings.push(
            "this server is part of a cluster, whose redirections are not followed; use a single server"
                .into(),
        );
    }
    warnings
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut fields = version.split('.');
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_is_named() {
        let good = "redis_version:7.0.15\r\nmaxmemory:0\r\nrole:master\r\ncluster_enabled:0\r\n";
        assert!(warnings(good, Some("allkeys-lru")).is_empty(), "without a limit nothing is evicted");
        let bad = "redis_version:5.0.3\r\nmaxmemory:1000\r\nrole:slave\r\ncluster_enabled:1\r\n";
        let said = warnings(bad, Some("allkeys-lru"));
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(
            said.iter().any(|text| text.contains("5.0.3"))
                && said.iter().any(|text| text.contains("allkeys-lru"))
        );
        assert_eq!(warnings("", None).len(), 1, "an answer that says nothing");
    }
}
