//! What is kept of an entry where not everything is.

use serde_json::Value;
use shared::log::ProcessingResult;
use shared::privacy::{PayloadPolicy, is_code, redact_object, redact_text};

use super::entry::Entry;

/// Stands for a code that is none.
const HIDDEN: &str = "*";

impl Entry {
    /// The entry as it is kept. Its key and its hash are of what was said.
    pub fn kept_under(mut self, policy: PayloadPolicy) -> Self {
        if !policy.redacts() {
            return self;
        }
        if let ProcessingResult::Failed(failure) = &mut self.outcome.result {
            failure.message = failure.message.as_deref().map(redact_text);
            for code in [&mut failure.error_type, &mut failure.error_code].into_iter().flatten() {
                if !is_code(code) {
                    *code = HIDDEN.to_owned();
                }
            }
        }
        let rest = &mut self.particulars;
        rest.message = rest.message.as_deref().map(redact_text);
        rest.error_details = rest.error_details.take().and_then(|json| redacted(&json));
        rest.metadata = rest.metadata.take().and_then(|json| redacted(&json));
        self
    }
}

/// What is left of an object; `None` where that is nothing.
fn redacted(json: &str) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(json) else { return None };
    Some(redact_object(members))
        .filter(|kept| !kept.is_empty())
        .map(|kept| Value::Object(kept).to_string())
}
