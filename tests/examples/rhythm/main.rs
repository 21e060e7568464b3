//! What the rhythm finds in simulated traffic, as a table: precision, recall and delay.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use clap::Parser;
use tests::rhythm::{RATES, Scenario, Score, score};

#[derive(Parser)]
struct Options {
    /// Shops of each kind.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Name what was told without a reason.
    #[arg(long)]
    wrong: bool,
}

fn main() {
    let options = Options::parse();
    let jobs: Vec<(u32, Scenario)> = RATES
        .into_iter()
        .flat_map(|rate| Scenario::ALL.into_iter().map(move |scenario| (rate, scenario)))
        .collect();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (done, scores) = mpsc::channel();
    let mut scores: Vec<(usize, Score)> = std::thread::scope(|scope| {
        for _ in 0..threads {
            let (done, jobs, next, options) = (done.clone(), &jobs, &next, &options);
            scope.spawn(move || {
                while let Some((number, (rate, scenario))) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(number).map(|job| (number, *job))
                } {
                    let score = score(scenario, rate, options.first, options.seeds);
                    done.send((number, score)).unwrap();
                }
            });
        }
        drop(done);
        scores.iter().collect()
    });
    scores.sort_by_key(|(number, _)| *number);
    println!("Seeds {} to {}", options.first, options.first + options.seeds - 1);
    println!(
        "{:>9}  {:<12} {:>7} {:>7} {:>7} {:>11} {:>11} {:>12} {:>15}",
        "a day",
        "scenario",
        "found",
        "median",
        "latest",
        "true pages",
        "false pages",
        "true tickets",
        "false/fortnight"
    );
    for (number, score) in &scores {
        let (rate, scenario) = jobs[*number];
        println!("{}", row(rate, scenario, score));
        if options.wrong {
            score.false_ones.iter().for_each(|one| println!("    {one}"));
        }
    }
    let sum = |of: fn(&Score) -> usize| scores.iter().map(|(_, score)| of(score)).sum::<usize>();
    let (right, wrong) = (sum(|score| score.true_pages), sum(|score| score.false_pages));
    println!("Page precision {:.3}", right as f64 / (right + wrong).max(1) as f64);
}

fn row(rate: u32, scenario: Scenario, score: &Score) -> String {
    let minutes = |at: Option<&i64>| at.map_or("-".to_owned(), |at| format!("{at} min"));
    let found = match scenario {
        Scenario::Faultless => "-".to_owned(),
        _ => format!("{}/{}", score.found, score.shops),
    };
    format!(
        "{rate:>9}  {:<12} {found:>7} {:>7} {:>7} {:>11} {:>11} {:>12} {:>15.2}",
        format!("{scenario:?}"),
        minutes(score.delays.get(score.delays.len() / 2)),
        minutes(score.delays.last()),
        score.true_pages,
        score.false_pages,
        score.true_tickets,
        score.false_tickets_a_fortnight(),
    )
}
