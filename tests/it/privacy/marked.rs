//! Events that hold a marker wherever they may hold something personal.

use serde_json::{Value, json};

/// In every place that may hold something personal.
pub const MARKER: &str = "zqmarker";
pub const PERSON: &str = "zqmarker@example.com";

/// Members whose values are free text or a person's, by Stripe's documentation.
const PERSONAL: [&str; 60] = [
    "account_holder_name",
    "account_name",
    "address",
    "address_city",
    "address_line1",
    "address_line2",
    "address_state",
    "address_zip",
    "bank_name",
    "business_name",
    "cancellation_reason_text",
    "city",
    "client_reference_id",
    "client_secret",
    "comment",
    "country",
    "custom_message",
    "customer_address",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_purchase_ip",
    "customer_signature",
    "description",
    "display_name",
    "dob",
    "email",
    "failure_message",
    "fingerprint",
    "first_name",
    "footer",
    "header",
    "hosted_invoice_url",
    "iban_last4",
    "individual_name",
    "invoice_pdf",
    "ip",
    "ip_address",
    "last4",
    "last_name",
    "latitude",
    "line1",
    "line2",
    "longitude",
    "memo",
    "message",
    "metadata",
    "name",
    "nickname",
    "phone",
    "postal_code",
    "product_description",
    "receipt_email",
    "receipt_url",
    "seller_message",
    "sender_name",
    "statement_descriptor",
    "tax_id",
    "user_agent",
    "verified_name",
];

/// The event with a marker in every place: personal members hold it, names in metadata are it, texts that
/// should be codes are followed by it, and members that nobody knows have it.
pub fn marked(value: &mut Value, name: &str) {
    match value {
        Value::String(text) if PERSONAL.contains(&name) => {
            *text = if name.contains("email") { PERSON.to_owned() } else { MARKER.to_owned() };
        }
        Value::Null if PERSONAL.contains(&name) => *value = json!(MARKER),
        Value::Array(elements) => {
            elements.iter_mut().for_each(|element| marked(element, name));
        }
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                marked(value, name);
            }
            members.insert("unknown_member".to_owned(), json!({"status": MARKER, "id": MARKER}));
            members.insert("reason".to_owned(), json!(format!("{MARKER} and so on")));
            if name == "metadata" || name == "object" {
                let own = json!({MARKER: 1, "status": MARKER, "amount": MARKER});
                members.insert("metadata".to_owned(), own);
            }
        }
        _ => {}
    }
}
