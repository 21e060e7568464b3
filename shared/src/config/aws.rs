//! What Lambda tells a function about itself as a client of AWS.

use super::{ConfigError, Vars};

/// Region, credentials and endpoint of a service's client. In Lambda the credentials stay the same for
/// the life of an environment, so no provider chain is needed. No `Debug`: it holds a secret.
pub struct AwsVars {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
    /// The service's own endpoint variable, or `AWS_ENDPOINT_URL`; `None` means AWS itself.
    pub endpoint: Option<String>,
}

impl AwsVars {
    /// Reads them; `endpoint_variable` is the service's own, `AWS_ENDPOINT_URL_<SERVICE>`.
    ///
    /// # Errors
    /// When region or credentials are missing, or the endpoint is no URL of HTTP.
    pub fn from_vars(
        vars: &Vars<'_>,
        endpoint_variable: &'static str,
    ) -> Result<Self, ConfigError> {
        let endpoint = [endpoint_variable, "AWS_ENDPOINT_URL"]
            .into_iter()
            .find_map(|name| Some((name, vars.optional(name)?)));
        if let Some((name, url)) = &endpoint
            && !url.starts_with("http://")
            && !url.starts_with("https://")
        {
            return Err(ConfigError::new(name, "must begin with http:// or https://"));
        }
        Ok(Self {
            region: vars.required("AWS_REGION")?,
            access_key_id: vars.required("AWS_ACCESS_KEY_ID")?,
            secret_access_key: vars.required("AWS_SECRET_ACCESS_KEY")?,
            session_token: vars.optional("AWS_SESSION_TOKEN"),
            endpoint: endpoint.map(|(_, url)| url),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<AwsVars, ConfigError> {
        let lookup = |name: &str| {
            let found = set.iter().find(|(set, _)| *set == name);
            match (found, name) {
                (Some((_, value)), _) => Some((*value).to_owned()),
                (None, "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY") => {
                    Some(name.to_lowercase())
                }
                _ => None,
            }
        };
        AwsVars::from_vars(&Vars::new(&lookup), "AWS_ENDPOINT_URL_DYNAMODB")
    }

    #[test]
    fn a_services_own_endpoint_wins() {
        for (set, endpoint) in [
            (&[][..], None),
            (&[("AWS_ENDPOINT_URL", "http://any")], Some("http://any")),
            (
                &[("AWS_ENDPOINT_URL", "http://any"), ("AWS_ENDPOINT_URL_DYNAMODB", "https://own")],
                Some("https://own"),
            ),
        ] {
            assert_eq!(read(set).ok().unwrap().endpoint.as_deref(), endpoint);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (name, value) in [
            ("AWS_REGION", " "),
            ("AWS_ACCESS_KEY_ID", ""),
            ("AWS_SECRET_ACCESS_KEY", ""),
            ("AWS_ENDPOINT_URL", "localhost:8000"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "ftp://x"),
        ] {
            assert_eq!(read(&[(name, value)]).err().unwrap().name, name);
        }
    }
}
