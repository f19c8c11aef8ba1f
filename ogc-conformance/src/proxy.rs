//! A loopback HTTP proxy that answers from files and from nowhere else. A suite that asks for what isn't
//! there gets 404, and the run isn't clean.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longest request head.
const HEAD: usize = 16 * 1024;
/// How long a client may take for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which file stands for a public address.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// Files as `HOST/PATH`; they win.
    pub overlay: PathBuf,
    /// The folder `ogc` of the schema artefact.
    pub schemas: PathBuf,
}

/// Host, beginning of the path, folder of the schema artefact that answers for them.
const MIRRORED: [(&str, &str, &str); 2] =
    [("schemas.opengis.net", "/", ""), ("www.isotc211.org", "/2005/", "iso/19139/20070417")];

impl Mirror {
    /// The file of a host and a path (still percent-encoded, perhaps with a query); never one outside of the
    /// two folders, whatever the path or a symbolic link says.
    #[must_use]
    pub fn find(&self, host: &str, path: &str) -> Option<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if host.is_empty() || host.starts_with('.') || !host.chars().all(plain) {
            return None;
        }
        let path = decode(path.split(['?', '#']).next().unwrap_or_default())?;
        let own = inside(&self.overlay, &format!("{host}{path}"));
        own.or_else(|| {
            MIRRORED.iter().filter(|(h, ..)| *h == host).find_map(|(_, begin, folder)| {
                inside(&self.schemas, &format!("{folder}/{}", path.strip_prefix(begin)?))
            })
        })
    }
}

/// A file below a folder by a path of plain names.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    if path.components().any(|c| !matches!(c, Component::Normal(_))) {
        return None;
    }
    let (root, file) = (root.canonicalize().ok()?, root.join(path).canonicalize().ok()?);
    (file.is_file() && file.starts_with(root)).then_some(file)
}

/// Undoes percent-encoding; `None` where it is broken, or hides what no file name holds.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok().filter(|p| p.starts_with('/') && !p.contains(['\0', '\\']))
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method and address.
    pub line: String,
    /// Whether a file answered it.
    pub served: bool,
}

type Log = Arc<Mutex<Vec<Request>>>;

/// A running proxy; ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    log: Log,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts it on a free port of the loopback interface.
    ///
    /// # Errors
    /// When no port can be opened.
    pub fn start(mirror: Mirror) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (log, ended) = (Log::default(), Arc::new(AtomicBool::new(false)));
        let mirror = Arc::new(mirror);
        let (theirs, stop) = (Arc::clone(&log), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (mirror, log) = (Arc::clone(&mirror), Arc::clone(&theirs));
                std::thread::spawn(move || answer(stream, &mirror, &log));
            }
        });
        Ok(Self { port, log, ended, thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What was asked since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // A last connection wakes the thread from waiting for one.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Reads one request, writes one answer. What fails on the way fails for that client only.
fn answer(mut stream: TcpStream, mirror: &Mirror, log: &Log) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let Some(line) = request_line(&mut stream) else { return };
    let (status, file) = choose(&line, mirror);
    let body = file.as_deref().map(std::fs::read).and_then(Result::ok);
    let status = if file.is_some() && body.is_none() { "404 Not Found" } else { status };
    let shown = line.rsplit_once(' ').map_or(line.as_str(), |(begin, _)| begin);
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(Request { line: shown.to_owned(), served: body.is_some() });
    let kind = match file.as_deref().and_then(Path::extension).and_then(|e| e.to_str()) {
        Some("dtd") => "application/xml-dtd",
        Some("xml" | "xsd" | "sch" | "rng") => "application/xml",
        _ => "application/octet-stream",
    };
    let body = body.unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// The first line, once the whole head has come; `None` when nothing or too much comes.
fn request_line(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut piece) = (Vec::new(), [0; 2048]);
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(n) if n > 0 && head.len() + n <= HEAD => head.extend_from_slice(piece.get(..n)?),
            _ => return None,
        }
    }
    String::from_utf8_lossy(&head).lines().next().map(str::to_owned)
}

/// Status and file for a request line.
fn choose(line: &str, mirror: &Mirror) -> (&'static str, Option<PathBuf>) {
    let mut words = line.split(' ');
    match (words.next(), words.next()) {
        (Some("GET"), Some(address)) => {
            let file = address.strip_prefix("http://").and_then(|rest| {
                let (authority, path) = rest.split_at_checked(rest.find('/')?)?;
                mirror.find(authority.strip_suffix(":80").unwrap_or(authority), path)
            });
            (if file.is_some() { "200 OK" } else { "404 Not Found" }, file)
        }
        (Some("CONNECT"), _) => ("502 Bad Gateway", None),
        _ => ("405 Method Not Allowed", None),
    }
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
