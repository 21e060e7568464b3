//! The event's body, as the policy keeps it.

use maud::{Markup, html};
use serde_json::Value;
use shared::log::EventId;
use shared::store::{StoredDelivery, StoredEvent, StoredPayload};

use crate::pages::{link, text};

/// Characters of a body that a page shows; the API has the whole.
const MOST: usize = 40_000;

/// What is kept, folded away: it is a customer's data.
pub fn payload(id: &EventId, event: &StoredEvent) -> Markup {
    let Some(first) = event.deliveries.first() else { return html! {} };
    html! {
        section.panel {
            h2 { "Its payload" }
            @match &first.payload {
                StoredPayload::Omitted { .. } => p { "It was too large to keep (" (text::bytes(first.delivery.body_bytes)) "). Stripe has it for 30 days." }
                StoredPayload::NotKept => p { "It is not kept. Stripe has it for 30 days." }
                StoredPayload::Kept(_) => (kept(id, first))
            }
        }
    }
}

fn kept(id: &EventId, first: &StoredDelivery) -> Markup {
    let Some(body) = first.body() else {
        return html! { p.bad { "What is kept cannot be read." } };
    };
    let readable = readable(&body);
    html! {
        details {
            summary { "Show it (" (text::bytes(body.len() as u64)) ")" }
            @match &readable {
                Some(shown) => pre tabindex="0" { (text::foreign(shown, MOST)) }
                None => p { "It is no text." }
            }
            p.soft {
                @if first.is_redacted() {
                    "What may be about people has been left out. "
                }
                "Set in lines for reading. As it is kept: "
                a href={ "/v1" (link::event(id.as_str())) "?payload=true" } { "the API's answer" }
            }
        }
    }
}

/// The body as a person reads it; `None` where it is no text.
fn readable(body: &[u8]) -> Option<String> {
    let lines = serde_json::from_slice::<Value>(body).ok();
    let lines = lines.and_then(|value| serde_json::to_string_pretty(&value).ok());
    lines.or_else(|| String::from_utf8(body.to_vec()).ok())
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn json_is_set_in_lines_and_other_text_stays() {
        assert_eq!(readable(br#"{"a":[1]}"#).as_deref(), Some("{\n  \"a\": [\n    1\n  ]\n}"));
        assert_eq!(readable(b"[half").as_deref(), Some("[half"));
        assert_eq!(readable(&[0xff, 0xfe]), None);
    }
}
