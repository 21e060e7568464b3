//! Addresses: of our own pages, and of Stripe's Dashboard.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a query's value is written without.
const UNSAFE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-').remove(b':').remove(b'~');

/// An address of ours with a query; values that are empty are left out.
pub fn ours<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut link = path.to_owned();
    for (name, value) in query.into_iter().filter(|(_, value)| !value.is_empty()) {
        link.push(if link.contains('?') { '&' } else { '?' });
        link.push_str(name);
        link.push('=');
        link.extend(utf8_percent_encode(value, UNSAFE));
    }
    link
}

/// The page of an event of ours.
pub fn event(id: &str) -> String {
    format!("/events/{}", utf8_percent_encode(id, UNSAFE))
}

/// The page of an issue of ours.
pub fn issue(fingerprint: &str) -> String {
    format!("/issues/{}", utf8_percent_encode(fingerprint, UNSAFE))
}

/// Prefixes of ids, and where Stripe's Dashboard has their pages.
const PAGES: [(&str, &str); 20] = [
    ("acct_", "connect/accounts"),
    ("ch_", "payments"),
    ("cus_", "customers"),
    ("dp_", "disputes"),
    ("du_", "disputes"),
    ("evt_", "events"),
    ("in_", "invoices"),
    ("pi_", "payments"),
    ("plink_", "payment-links"),
    ("po_", "payouts"),
    ("price_", "prices"),
    ("prod_", "products"),
    ("py_", "payments"),
    ("qt_", "quotes"),
    ("req_", "logs"),
    ("seti_", "setup_intents"),
    ("sub_", "subscriptions"),
    ("sub_sched_", "subscription_schedules"),
    ("tr_", "connect/transfers"),
    ("txr_", "tax-rates"),
];

/// The page of an object in Stripe's Dashboard; `None` where its mode is not known, and where the id is
/// not one of an object that has a page. Objects of a connected account are shown as that account's.
pub fn stripe(id: &str, livemode: Option<bool>, account: Option<&str>) -> Option<String> {
    let mode = if livemode? { "" } else { "test/" };
    let (prefix, place) =
        PAGES.iter().filter(|(prefix, _)| id.starts_with(prefix)).max_by_key(|(p, _)| p.len())?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_word(id.strip_prefix(prefix)?.replace('_', "").as_str()) {
        return None;
    }
    let account = account
        .filter(|account| *prefix != "acct_" && account.strip_prefix("acct_").is_some_and(is_word));
    let account = account.map(|account| format!("{account}/")).unwrap_or_default();
    Some(format!("https://dashboard.stripe.com/{account}{mode}{place}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_empty_ones_left_out() {
        let link =
            ours("/events", [("status", "failed"), ("account", ""), ("event_type", "a&b=ü")]);
        assert_eq!(link, "/events?status=failed&event_type=a%26b%3D%C3%BC");
        assert_eq!(ours("/", []), "/");
        assert_eq!(issue("recurring_error:a.b"), "/issues/recurring_error:a.b");
    }

    #[test]
    fn stripes_pages_are_of_the_right_mode_and_only_of_what_has_one() {
        const AT: &str = "https://dashboard.stripe.com/";
        for (id, livemode, account, expected) in [
            ("pi_3Nx", Some(true), None, Some("payments/pi_3Nx")),
            ("pi_3Nx", Some(false), None, Some("test/payments/pi_3Nx")),
            ("sub_sched_1", Some(true), None, Some("subscription_schedules/sub_sched_1")),
            ("ch_1", Some(false), Some("acct_9"), Some("acct_9/test/payments/ch_1")),
            ("acct_9", Some(true), Some("acct_9"), Some("connect/accounts/acct_9")),
            ("ch_1", Some(true), Some("acct_9/../x"), Some("payments/ch_1")),
            ("pi_3Nx", None, None, None),
            ("xyz_1", Some(true), None, None),
            ("pi_", Some(true), None, None),
            ("pi_../../evil", Some(true), None, None),
            ("pi_1?a=b", Some(true), None, None),
        ] {
            let expected = expected.map(|path| format!("{AT}{path}"));
            assert_eq!(stripe(id, livemode, account), expected, "{id}");
        }
    }
}
