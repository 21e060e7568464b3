//! The allow-list.

use std::collections::BTreeSet;
use std::sync::LazyLock;

static LIST: LazyLock<List> = LazyLock::new(|| List::read(include_str!("kept.txt")));

/// Longest text that is kept.
const LONGEST: usize = 64;

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Objects and lists in it are looked into.
    pub is_entered: bool,
    /// A plain value is kept.
    pub is_kept: bool,
    /// A text is kept as its hash.
    pub is_hashed: bool,
}

struct List {
    entered: BTreeSet<&'static str>,
    kept: BTreeSet<&'static str>,
    hashed: BTreeSet<&'static str>,
    outcome: BTreeSet<&'static str>,
}

impl List {
    fn read(text: &'static str) -> Self {
        let section = |name: &str| {
            let lines = text.lines().map(str::trim).skip_while(|line| *line != name).skip(1);
            let lines = lines.take_while(|line| !line.starts_with('['));
            lines.flat_map(str::split_ascii_whitespace).collect()
        };
        Self {
            entered: section("[entered]"),
            kept: section("[kept]"),
            hashed: section("[hashed]"),
            outcome: section("[outcome]"),
        }
    }
}

/// What becomes of a member of an event, by its name.
pub fn of_event(name: &str) -> Fate {
    Fate {
        is_entered: LIST.entered.contains(name),
        is_kept: LIST.kept.contains(name),
        is_hashed: LIST.hashed.contains(name),
    }
}

/// What becomes of a member of an outcome's metadata or details.
pub fn of_outcome(name: &str) -> Fate {
    Fate { is_entered: false, is_kept: LIST.outcome.contains(name), is_hashed: false }
}

/// Whether a text looks like an id, a code or a number.
pub fn is_code(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_.:+-/".contains(&b);
    text.len() <= LONGEST && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_and_holds_no_free_text() {
        assert!(of_event("amount").is_kept && of_event("data").is_entered);
        assert!(of_event("email").is_hashed && of_outcome("queue").is_kept);
        for name in [
            "metadata",
            "name",
            "phone",
            "address",
            "line1",
            "postal_code",
            "city",
            "country",
            "description",
            "statement_descriptor",
            "last4",
            "fingerprint",
            "ip",
            "ip_address",
            "user_agent",
            "client_secret",
            "receipt_url",
            "hosted_invoice_url",
            "tax_id",
            "url",
            "account_name",
            "nickname",
            "idempotency_key",
            "message",
            "dob",
            "ssn_last_4",
        ] {
            let fate = of_event(name);
            assert!(!fate.is_kept && !fate.is_entered && !fate.is_hashed, "{name}");
        }
    }

    #[test]
    fn codes_are_told_from_free_text() {
        for code in ["evt_1", "requires_action", "2026-10-28.endive", "acct_1/x", "", "1.5"] {
            assert!(is_code(code), "{code}");
        }
        for text in ["Ada Lovelace", "ada@example.com", "é", "a,b", &"a".repeat(65)] {
            assert!(!is_code(text), "{text}");
        }
    }
}
