//! Runs the OGC's test suites against DataSud.

mod plan;

fn main() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    if plan::Plan::read(folder).is_err() {
        std::process::exit(2);
    }
}
