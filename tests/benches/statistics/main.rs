//! What numbers are made with: percentiles of hostile distributions, and folding what the log holds.
//!
//! `cargo bench -p tests --bench statistics`; `-- --quick` makes fewer rounds. Beside it a folder in Python
//! runs, whose libraries `infra/bench.sh` installs.

#[path = "../numbers/fill.rs"]
mod fill;
mod folding;
mod items;
mod percentiles;
mod python;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, items, count] = arguments.as_slice()
        && command == folding::CHILD
    {
        return folding::child(items, count);
    }
    // Cargo says `--bench` when it runs benchmarks and nothing when it only tries them out.
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let quick = given("--quick") || !given("--bench");
    let mut figures = percentiles::measure();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    figures.extend(runtime.block_on(folding::measure(quick)));
    bench::figure::append(&figures).unwrap();
}
