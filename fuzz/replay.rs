//! Replays what a fuzz target begins with, and what it once found, without a fuzzer: part of the unit tests
//! of the crates whose readers are fuzzed.

use std::path::Path;

/// Places at which an input is cut short, and bytes of it that are damaged, at most.
const PLACES: usize = 48;

/// Calls a check with every file of folders of the repository as it is, cut short and damaged. As it is, at
/// least one has to be understood: seeds that nothing understands lead a fuzzer nowhere.
pub fn replay(folders: &[&str], check: impl Fn(&[u8]) -> bool) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|folder| folder.join("fuzz/seeds").is_dir()).unwrap();
    let mut understood = 0;
    for folder in folders {
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            let input = std::fs::read(file.unwrap().path()).unwrap();
            understood += usize::from(check(&input));
            for place in (0..input.len()).step_by(input.len() / PLACES + 1) {
                check(&input[..place]);
                for damage in [1, 0x20, 0x80] {
                    let mut damaged = input.clone();
                    damaged[place] ^= damage;
                    check(&damaged);
                }
            }
        }
    }
    assert!(understood > 0, "nothing in {folders:?} is understood");
}
