//! The addresses that Stripe sends webhooks from.
//!
//! Source: docs.stripe.com/ips ("Webhook notifications"), as of 2026-11. Changes are announced seven
//! days ahead. The list only tells a refused genuine request from a forged one; it admits nobody.

const ADDRESSES: [&str; 12] = [
    "3.18.12.63",
    "3.130.192.231",
    "13.235.14.237",
    "13.235.122.149",
    "18.211.135.69",
    "35.154.171.200",
    "52.15.183.38",
    "54.88.130.119",
    "54.88.130.237",
    "54.187.174.169",
    "54.187.205.235",
    "54.187.216.72",
];

/// Whether Stripe publishes this address.
pub fn publishes(address: &str) -> bool {
    ADDRESSES.contains(&address)
}
