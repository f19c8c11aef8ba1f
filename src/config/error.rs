//! What can be wrong with a configuration.

use std::path::PathBuf;

/// A configuration that can't be used; says which key, where, and what would do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration file {} can't be read: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A key or a value in the file is wrong.
    #[error("{}, line {line}: {message}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A value can't be used, wherever it came from.
    #[error("'{key}' {message}")]
    Value {
        /// The key as the file spells it.
        key: &'static str,
        /// What is wrong, and what would do.
        message: String,
    },
}
