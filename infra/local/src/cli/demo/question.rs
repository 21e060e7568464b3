//! What is asked, and of what.

use jiff::Timestamp;

/// What questions ask for.
#[derive(Clone, Default)]
pub(super) struct Facts {
    pub(super) event_type: Option<String>,
    pub(super) livemode: Option<bool>,
    pub(super) account: Option<String>,
}

/// What is asked beside the range.
#[derive(Clone, Default)]
pub(super) struct Question(Facts);

impl Question {
    pub(super) fn event_type(mut self, event_type: &str) -> Self {
        self.0.event_type = Some(event_type.to_owned());
        self
    }

    pub(super) fn livemode(mut self, livemode: bool) -> Self {
        self.0.livemode = Some(livemode);
        self
    }

    pub(super) fn account(mut self, account: &str) -> Self {
        self.0.account = Some(account.to_owned());
        self
    }

    pub(super) fn is_of_all(&self) -> bool {
        let Facts { event_type, livemode, account } = &self.0;
        event_type.is_none() && livemode.is_none() && account.is_none()
    }

    pub(super) fn means(&self, facts: &Facts) -> bool {
        let Facts { event_type, livemode, account } = &self.0;
        (event_type.is_none() || *event_type == facts.event_type)
            && (livemode.is_none() || *livemode == facts.livemode)
            && (account.is_none() || *account == facts.account)
    }

    /// The question as a query string.
    pub(super) fn query(&self, from: Timestamp, to: Option<Timestamp>) -> String {
        let Facts { event_type, livemode, account } = &self.0;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("from", &from.to_string());
        for (name, value) in [
            ("to", to.map(|to| to.to_string())),
            ("event_type", event_type.clone()),
            ("livemode", livemode.map(|livemode| livemode.to_string())),
            ("account", account.clone()),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.finish()
    }
}
