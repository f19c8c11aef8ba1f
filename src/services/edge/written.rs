//! Documents that list everything published: written once for each state of the registry, kept compressed, and sent
//! while they are being written. Ten thousand layers are twenty megabytes of capabilities, whose first bytes a client
//! has in a moment and which no one holds whole: who takes gzip gets what is kept, who doesn't gets it unpacked piece
//! by piece. A slow client holds up neither the writing nor another client.

use super::facts::digest;
use super::{Call, PIECE, accepted_encoding, etag_matches, not_modified, with_etag};
use crate::maps::MapError;
use crate::publish::Snapshot;
use crate::render::PoolError;
use crate::tiles::Encoding;
use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use futures_util::Stream;
use moka::future::Cache;
use std::io::{self, Write};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Megabytes of compressed documents kept.
const MEGABYTES: u64 = 64;

/// Text that is compressed at once: unpacking it again for one client takes a fraction of a millisecond.
const TEXT: usize = 2 * PIECE;

/// Written documents by a key that names everything they hang on. Cloning shares them.
#[derive(Clone)]
pub struct WrittenDocuments(Cache<String, Arc<Tape>>);

impl Default for WrittenDocuments {
    fn default() -> Self {
        let weigh = |key: &String, tape: &Arc<Tape>| {
            u32::try_from(key.len() + tape.state().packed + 500).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MEGABYTES << 20).weigher(weigh).build())
    }
}

/// What there is of a document.
#[derive(Default)]
struct Tape {
    state: Mutex<State>,
    /// Told at each change of the state.
    grown: Notify,
}

#[derive(Default)]
struct State {
    etag: Option<Arc<str>>,
    /// One gzip stream (RFC 1952), of which every piece can be unpacked when it is there.
    pieces: Vec<Bytes>,
    /// Bytes of the pieces.
    packed: usize,
    /// Bytes of the text.
    length: u64,
    end: Option<Result<(), PoolError>>,
}

impl Tape {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.grown.notify_waiters();
    }

    /// Waits until `look` finds what it looks for.
    async fn when<T>(&self, mut look: impl FnMut(&State) -> Option<T>) -> T {
        loop {
            // Asked for before looking: a change that comes in between is not missed.
            let grown = self.grown.notified();
            if let Some(found) = look(&self.state()) {
                return found;
            }
            grown.await;
        }
    }
}

/// Takes a document's text and passes it on piece by piece; see [`DocumentWriter::pass_on`].
pub struct DocumentWriter {
    text: String,
    packing: GzEncoder<Vec<u8>>,
    length: u64,
    tape: Arc<Tape>,
}

impl Deref for DocumentWriter {
    type Target = String;

    fn deref(&self) -> &String {
        &self.text
    }
}

impl DerefMut for DocumentWriter {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.text
    }
}

impl DocumentWriter {
    fn new(tape: Arc<Tape>) -> Self {
        // The fastest level: the text is mostly the same words, and clients wait.
        let packing = GzEncoder::new(Vec::with_capacity(PIECE / 4), Compression::fast());
        Self { text: String::with_capacity(TEXT + PIECE), packing, length: 0, tape }
    }

    /// Passes on what was written, if it is worth it: to be called between the entries of a long list.
    pub fn pass_on(&mut self) {
        if self.text.len() >= TEXT {
            self.pack();
        }
    }

    fn pack(&mut self) {
        self.length += self.text.len() as u64;
        // A vector takes everything.
        let packed = self.packing.write_all(self.text.as_bytes()).and_then(|()| self.packing.flush());
        self.text.clear();
        if packed.is_ok() {
            let piece = Bytes::copy_from_slice(self.packing.get_ref());
            self.packing.get_mut().clear();
            self.keep(piece);
        }
    }

    fn end(mut self) {
        self.length += self.text.len() as u64;
        let packed = self.packing.write_all(self.text.as_bytes()).and_then(|()| self.packing.try_finish());
        if packed.is_ok() {
            let piece = Bytes::copy_from_slice(self.packing.get_ref());
            self.keep(piece);
        }
    }

    fn keep(&self, piece: Bytes) {
        self.tape.change(|state| {
            state.packed += piece.len();
            state.length = self.length;
            state.pieces.push(piece);
        });
    }
}

/// The answer with the document of a name: for this part of the platform, caller and language. `write` writes it from
/// stored facts where it isn't kept, off the async workers. `settings` are what else of the configuration is in it.
///
/// The ETag hangs on the facts, so that it is known before the document is written, and the same on every node.
///
/// # Errors
/// [`MapError`] of the pool where the writing could not begin; an answer that breaks off later is not whole for the client.
pub async fn written(
    call: &Call,
    http: &HttpRequest,
    snapshot: &Arc<Snapshot>,
    (name, media_type): (&str, &str),
    write: impl FnOnce(&Call, &Snapshot, &mut DocumentWriter) + Send + 'static,
) -> Result<HttpResponse, MapError> {
    let tape = tape(call, snapshot, name, write).await;
    let etag = tape.when(|state| match (&state.etag, state.end) {
        (_, Some(Err(error))) => Some(Err(error)),
        (Some(etag), _) => Some(Ok(Arc::clone(etag))),
        (None, _) => None,
    });
    let etag = etag.await?;
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let mut response = HttpResponse::Ok();
    with_etag(&mut response, &etag)
        .insert_header((header::VARY, "Accept-Encoding, Accept-Language"))
        .content_type(media_type);
    let whole = {
        let state = tape.state();
        (state.end == Some(Ok(()))).then_some((state.packed as u64, state.length))
    };
    Ok(match accepted_encoding(http, &[Encoding::Gzip]) {
        Encoding::Gzip => {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
            match whole {
                Some((packed, _)) => response.body(SizedStream::new(packed, read(tape, None))),
                None => response.streaming(read(tape, None)),
            }
        }
        _ => {
            let unpacking = Some(GzDecoder::new(Vec::with_capacity(TEXT)));
            match whole {
                Some((_, length)) => response.body(SizedStream::new(length, read(tape, unpacking))),
                None => response.streaming(read(tape, unpacking)),
            }
        }
    })
}

/// The tape of a document; its writing is begun if nobody has.
async fn tape(
    call: &Call,
    snapshot: &Arc<Snapshot>,
    name: &str,
    write: impl FnOnce(&Call, &Snapshot, &mut DocumentWriter) + Send + 'static,
) -> Arc<Tape> {
    let cache = call.app.written.0.clone();
    let (lang, edition) = (call.lang.code(), snapshot.edition);
    let key = format!("{name}|{:?}|{:?}|{lang}|{edition}", call.scope, call.caller);
    let entry = cache.entry_by_ref(&key).or_insert_with(async { Arc::<Tape>::default() }).await;
    let fresh = entry.is_fresh();
    let tape = entry.into_value();
    if fresh {
        let (job, facts, written) = (call.clone(), Arc::clone(snapshot), Arc::clone(&tape));
        let name = name.to_owned();
        // In a task of its own: a client that leaves doesn't take the document from others.
        call.app.runtime.spawn(async move {
            let (pool, deadline) = (job.app.pool.clone(), job.deadline());
            let into = Arc::clone(&written);
            let done = pool.run(deadline, move || {
                let etag = format!("\"{:032x}\"", digest(&job, &facts, &name)).into();
                into.change(|state| state.etag = Some(etag));
                let mut out = DocumentWriter::new(into);
                write(&job, &facts, &mut out);
                out.end();
            });
            let done = done.await;
            written.change(|state| state.end = Some(done));
            match done {
                // It weighs what it has grown to.
                Ok(()) => cache.insert(key, written).await,
                Err(_) => cache.invalidate(&key).await,
            }
        });
    }
    tape
}

/// The pieces of a document as they come, unpacked where the client wants that.
fn read(
    tape: Arc<Tape>,
    unpacking: Option<GzDecoder<Vec<u8>>>,
) -> impl Stream<Item = Result<Bytes, io::Error>> {
    let reading = Some((tape, 0_usize, unpacking));
    futures_util::stream::unfold(reading, |reading| async move {
        let (tape, mut at, mut unpacking) = reading?;
        loop {
            let next = tape.when(|state| match (state.pieces.get(at), state.end) {
                (Some(piece), _) => Some(Ok(Some(piece.clone()))),
                (None, Some(Ok(()))) => Some(Ok(None)),
                (None, Some(Err(error))) => Some(Err(io::Error::other(error))),
                (None, None) => None,
            });
            // The head is gone: breaking the connection off is the only way to say that the answer is not whole.
            let packed = match next.await {
                Ok(None) => return None,
                Ok(Some(piece)) => piece,
                Err(error) => return Some((Err(error), None)),
            };
            at += 1;
            let piece = match &mut unpacking {
                None => packed,
                Some(unpacking) => match unpacked(unpacking, &packed) {
                    Ok(text) => text,
                    Err(error) => return Some((Err(error), None)),
                },
            };
            // An empty piece would be the end of a chunked body (RFC 9112 section 7.1).
            if !piece.is_empty() {
                return Some((Ok(piece), Some((tape, at, unpacking))));
            }
        }
    })
}

fn unpacked(unpacking: &mut GzDecoder<Vec<u8>>, piece: &[u8]) -> io::Result<Bytes> {
    unpacking.write_all(piece)?;
    unpacking.flush()?;
    Ok(Bytes::from(std::mem::replace(unpacking.get_mut(), Vec::with_capacity(TEXT))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::io::Read;

    fn words(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("<Layer>Couche n° {n}</Layer>\n")).collect()
    }

    async fn all(tape: &Arc<Tape>, plain: bool) -> Option<Vec<u8>> {
        let unpacking = plain.then(|| GzDecoder::new(Vec::new()));
        let pieces: Vec<_> = read(Arc::clone(tape), unpacking).collect().await;
        pieces.into_iter().map(Result::ok).collect::<Option<Vec<_>>>().map(|pieces| pieces.concat())
    }

    #[tokio::test]
    async fn a_document_is_read_while_it_is_written_and_afterwards_plain_and_packed() {
        let tape = Arc::<Tape>::default();
        let mut out = DocumentWriter::new(Arc::clone(&tape));
        out.push_str(&words(0, 10_000));
        out.pass_on();
        let mut early = Box::pin(read(Arc::clone(&tape), Some(GzDecoder::new(Vec::new()))));
        let first = early.next().await.expect("there").expect("whole");
        assert_eq!(first, words(0, 10_000).as_bytes(), "before the end is written");
        out.push_str(&words(10_000, 10_010));
        out.pass_on();
        assert_eq!(tape.state().pieces.len(), 1, "little is not passed on");
        out.end();
        assert_eq!(early.next().await.expect("there").expect("whole"), words(10_000, 10_010).as_bytes());
        assert!(futures_util::poll!(early.next()).is_pending(), "not known yet to be the end");
        tape.change(|state| state.end = Some(Ok(())));
        let text = words(0, 10_010);
        assert_eq!(all(&tape, true).await.expect("whole"), text.as_bytes());
        let packed = all(&tape, false).await.expect("whole");
        assert_eq!(packed.len(), tape.state().packed);
        assert_eq!(tape.state().length, text.len() as u64);
        let mut again = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut again).expect("gzip");
        assert_eq!(again, text);
        assert!(packed.len() < text.len() / 5);
    }

    #[tokio::test]
    async fn a_document_whose_writing_failed_ends_with_an_error() {
        let tape = Arc::<Tape>::default();
        let mut out = DocumentWriter::new(Arc::clone(&tape));
        out.push_str(&words(0, 10_000));
        out.pass_on();
        tape.change(|state| state.end = Some(Err(PoolError::Panicked)));
        assert_eq!(all(&tape, true).await, None);
        assert_eq!(all(&tape, false).await, None);
    }
}
