//! The `datasud` program; everything is in the library.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // The child that reads files starts nothing else of the program.
    if std::env::args_os().nth(1).is_some_and(|command| command == "read-file") {
        return datasud::cli::read_file::run();
    }
    std::process::ExitCode::SUCCESS
}
