//! The reading child as its parent sees it: started with nothing, heard frame by frame, stopped in time.

use super::frame::{MAX_PAYLOAD, MAX_ROWS, Request, Tag};
use super::{Finding, IngestError};
use bytes::{Bytes, BytesMut};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::time::{Instant, timeout_at};

/// Variables that the child needs to find its libraries' files.
const KEPT: [&str; 6] = ["PATH", "LD_LIBRARY_PATH", "PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "RUST_BACKTRACE"];

/// A running child; dropping it kills it.
pub(super) struct Child {
    process: tokio::process::Child,
    output: BufReader<ChildStdout>,
    complaints: tokio::task::JoinHandle<String>,
    deadline: Instant,
    name: String,
    megabytes: u64,
    seconds: u64,
}

/// The program that has the command `read-file`.
pub(super) fn program(given: Option<&Path>) -> Result<PathBuf, IngestError> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => std::env::current_exe().map_err(|e| IngestError::system("the program can't find itself", e)),
    }
}

impl Child {
    /// Starts a child on a request.
    pub(super) async fn start(program: &Path, request: &Request) -> Result<Self, IngestError> {
        let failed = |e| IngestError::system("the process that reads files can't be started", e);
        let mut command = Command::new(program);
        command.arg("read-file").env_clear();
        for key in KEPT {
            if let Some(value) = std::env::var_os(key) {
                command.env(key, value);
            }
        }
        // No address answers on the discard port: whatever tries the network fails at once.
        for key in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env(key, "http://127.0.0.1:9");
        }
        // The allocator reserves a gigabyte of addresses at once by default, which the limit counts.
        command.env("MIMALLOC_ARENA_EAGER_COMMIT", "0").env("MIMALLOC_ARENA_RESERVE", "65536");
        command.env("TMPDIR", &request.folder).env("LANG", "C.UTF-8").current_dir(&request.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().map_err(failed)?;
        let missing = || failed(std::io::Error::other("no pipe"));
        let mut input = process.stdin.take().ok_or_else(missing)?;
        let output = process.stdout.take().ok_or_else(missing)?;
        let errors = process.stderr.take().ok_or_else(missing)?;
        let text = serde_json::to_vec(request).map_err(|e| failed(std::io::Error::other(e)))?;
        // A child that died at once is reported by the missing answer, with its reason.
        let _ = input.write_all(&text).await;
        drop(input);
        Ok(Self {
            process,
            output: BufReader::with_capacity(1 << 16, output),
            complaints: tokio::spawn(last_words(errors)),
            deadline: Instant::now() + Duration::from_secs(request.seconds),
            name: request.name.clone(),
            megabytes: request.megabytes,
            seconds: request.seconds,
        })
    }

    /// The next frame.
    ///
    /// # Errors
    /// A refusal when the child ended without finishing, or its time is over.
    pub(super) async fn frame(&mut self) -> Result<(Tag, Bytes), IngestError> {
        match timeout_at(self.deadline, next(&mut self.output)).await {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(_)) => Err(self.obituary().await),
            Err(_) => {
                let _ = self.process.start_kill();
                Err(IngestError::refused(
                    "reader-too-slow",
                    format!(
                        "reading {} took more than {} seconds and was stopped; make the file smaller or raise limits.reader-seconds",
                        self.name, self.seconds
                    ),
                ))
            }
        }
    }

    /// Waits for the end of a child that has nothing more to say.
    pub(super) async fn finish(mut self) {
        if timeout_at(self.deadline, self.process.wait()).await.is_err() {
            let _ = self.process.start_kill();
        }
    }

    async fn obituary(&mut self) -> IngestError {
        let status = match timeout_at(self.deadline, self.process.wait()).await {
            Ok(Ok(status)) => status,
            _ => return IngestError::refused("reader-failed", format!("reading {} failed", self.name)),
        };
        let words = (&mut self.complaints).await.unwrap_or_default();
        let signal = status.signal().and_then(rustix::process::Signal::from_named_raw);
        tracing::warn!(file = self.name, ?status, words, "the reading process ended early");
        let lower = words.to_lowercase();
        // A C++ exception that nobody catches is one of memory: GDAL throws no other.
        if ["alloc", "memory", "foreign exception"].iter().any(|w| lower.contains(w)) {
            return IngestError::refused(
                "reader-too-large",
                format!(
                    "reading {} needs more than {} MB of memory; split the file or raise limits.reader-megabytes",
                    self.name, self.megabytes
                ),
            );
        }
        let how = match signal {
            Some(signal) if signal == rustix::process::Signal::XCPU => "it took too much time",
            Some(signal) if signal == rustix::process::Signal::KILL => "it was stopped from outside",
            Some(_) => "the reader of this format crashed on it, so the file is probably damaged",
            None => "the reading process ended early",
        };
        IngestError::Refused(vec![Finding::error(
            "reader-failed",
            format!("{} could not be read: {how}; check the file or export it again", self.name),
        )])
    }
}

async fn next(output: &mut BufReader<ChildStdout>) -> std::io::Result<(Tag, Bytes)> {
    let tag =
        Tag::from_byte(output.read_u8().await?).ok_or_else(|| std::io::Error::other("unknown frame"))?;
    let length = output.read_u32().await? as usize;
    let most = if tag == Tag::Rows { MAX_ROWS } else { MAX_PAYLOAD };
    if length > most {
        return Err(std::io::Error::other("frame too long"));
    }
    let mut payload = BytesMut::with_capacity(length);
    while payload.len() < length {
        let left = length - payload.len();
        let mut limited = (&mut *output).take(left as u64);
        if limited.read_buf(&mut payload).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((tag, payload.freeze()))
}

/// The first few kilobytes of what the child says on standard error.
async fn last_words(mut errors: tokio::process::ChildStderr) -> String {
    let mut words = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = errors.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        if words.len() < 16_384 {
            words.extend_from_slice(buffer.get(..count).unwrap_or(&[]));
        }
    }
    String::from_utf8_lossy(&words).into_owned()
}
