//! What numbers are made with, without a table: percentiles of hostile distributions, and folding entries.
//!
//! `cargo bench -p tests --bench statistics`; `-- --quick` takes a tenth of the values.

#[path = "../numbers/fill.rs"]
#[allow(dead_code, reason = "no table is filled here")]
mod fill;
mod folding;
mod percentiles;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, entries] = arguments.as_slice()
        && command == folding::CHILD
    {
        return folding::child(entries.parse().unwrap());
    }
    // Cargo says `--bench` when it runs benchmarks and nothing when it only tries them out.
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let quick = given("--quick") || !given("--bench");
    let mut figures = percentiles::measure(if quick { 100_000 } else { 1_000_000 });
    figures.extend(folding::measure());
    bench::figure::append(&figures).unwrap();
}
