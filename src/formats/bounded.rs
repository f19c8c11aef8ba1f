//! Files that may not grow beyond a bound.

use super::output::BuildError;
use std::io::{Error, ErrorKind, Result, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Passes bytes on until they are more than a bound; then, and only then, it fails with
/// [`ErrorKind::FileTooLarge`].
pub(super) struct Bounded<W> {
    inner: W,
    left: u64,
    exceeded: Option<Exceeded>,
}

/// Whether a file has grown beyond its bound.
pub(super) type Exceeded = Arc<AtomicBool>;

impl<W: Write> Bounded<W> {
    pub(super) const fn new(inner: W, limit: u64) -> Self {
        Self { inner, left: limit, exceeded: None }
    }

    /// The same for archives, which are completed even when they are given up, and complain when that fails: after
    /// the one failure everything is taken and thrown away. Who writes such a file looks at `exceeded` at its end.
    pub(super) const fn silent(inner: W, limit: u64, exceeded: Exceeded) -> Self {
        Self { inner, left: limit, exceeded: Some(exceeded) }
    }
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.exceeded.as_ref().is_some_and(|e| e.load(Ordering::Relaxed)) {
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes)?;
        let Some(left) = self.left.checked_sub(written as u64) else {
            if let Some(exceeded) = &self.exceeded {
                exceeded.store(true, Ordering::Relaxed);
            }
            return Err(ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }
}

impl<W: Seek> Seek for Bounded<W> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.inner.seek(to)
    }
}

/// A failure to write in our words.
pub(super) fn failed(error: &Error, limit: u64) -> BuildError {
    match error.kind() {
        ErrorKind::FileTooLarge => BuildError::TooLarge { limit },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BuildError::DiskFull,
        _ => BuildError::Library(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_as_large_as_its_bound_and_no_larger() {
        let mut file = Bounded::new(Vec::new(), 5);
        assert!(file.write_all(b"12345").is_ok() && file.write_all(b"").is_ok() && file.flush().is_ok());
        let error = file.write_all(b"6").expect_err("too large");
        assert!(matches!(failed(&error, 5), BuildError::TooLarge { limit: 5 }));
        let exceeded = Exceeded::default();
        let mut file = Bounded::silent(Vec::new(), 5, Arc::clone(&exceeded));
        assert!(file.write_all(b"12345").is_ok() && !exceeded.load(Ordering::Relaxed));
        assert!(file.write_all(b"6").is_err() && exceeded.load(Ordering::Relaxed), "it fails once");
        let kept = file.inner.len();
        assert!(file.write_all(b"789").is_ok() && file.inner.len() == kept);
        assert!(matches!(failed(&ErrorKind::StorageFull.into(), 5), BuildError::DiskFull));
        assert!(matches!(failed(&ErrorKind::NotFound.into(), 5), BuildError::Library(_)));
    }
}
