//! Where secrets are kept: in the environment or in a file, never in the settings themselves.

/// Reads `env:NAME` and `file:path`.
#[derive(Debug, Clone, Copy)]
pub struct Secrets {
    variable: fn(&str) -> Option<String>,
}

impl Secrets {
    /// The environment and files of this process.
    #[must_use]
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where secrets are read from the environment"
        )]
        fn variable(name: &str) -> Option<String> {
            std::env::var(name).ok()
        }
        Self { variable }
    }

    /// The secret behind `place`. The error never repeats a value that may be a secret itself.
    pub(super) fn read(&self, place: &str) -> Result<String, String> {
        let secret = if let Some(name) = place.strip_prefix("env:") {
            (self.variable)(name)
                .ok_or_else(|| format!("the environment has no {name}; set it, or use file:PATH"))?
        } else if let Some(path) = place.strip_prefix("file:") {
            let text = std::fs::read_to_string(path).map_err(|error| {
                format!("file {path} can't be read ({error}); check path and permissions")
            })?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        } else {
            return Err("a secret must not stand in the settings; write \"env:NAME\" or \"file:path\"".into());
        };
        if secret.is_empty() { Err("it is empty; store the secret there".into()) } else { Ok(secret) }
    }
}
