//! Files of the disk, whole or in part (RFC 9110 section 14): what reads an archive by offsets, or goes on with a download.

use super::{etag_matches, not_modified, problem};
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentEncoding, HeaderValue};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use std::io::SeekFrom;
use std::path::Path;
use std::time::UNIX_EPOCH;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes read and sent together.
const PIECE: usize = 64 * 1024;

/// The answer with a file, or with the part of it that is asked for: several parts at once are answered by the whole, as every
/// server may. `name` is what a browser saves it as, in plain ASCII.
///
/// # Errors
/// What the disk says.
pub async fn ranged_file(
    http: &HttpRequest,
    path: &Path,
    media_type: &str,
    name: &str,
) -> std::io::Result<HttpResponse> {
    let mut file = File::open(path).await?;
    let facts = file.metadata().await?;
    let size = facts.len();
    let changed = facts.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let state = format!("{} {size} {changed}", path.display());
    let etag = format!("\"{:016x}\"", xxh3_64(state.as_bytes()));
    if etag_matches(http, &etag) {
        return Ok(not_modified(&etag));
    }
    let wanted = match wanted(http, &etag, size) {
        Ok(wanted) => wanted,
        Err(Beyond) => {
            let detail = format!("the range begins beyond the file, which has {size} bytes");
            let mut answer = problem(http, StatusCode::RANGE_NOT_SATISFIABLE, &detail);
            if let Ok(told) = HeaderValue::from_str(&format!("bytes */{size}")) {
                answer.headers_mut().insert(header::CONTENT_RANGE, told);
            }
            return Ok(answer);
        }
    };
    let [first, end] = wanted.unwrap_or([0, size]);
    let mut response = HttpResponse::build(match wanted {
        Some(_) => StatusCode::PARTIAL_CONTENT,
        None => StatusCode::OK,
    });
    if wanted.is_some() {
        response.insert_header((
            header::CONTENT_RANGE,
            format!("bytes {first}-{}/{size}", end.saturating_sub(1)),
        ));
    }
    file.seek(SeekFrom::Start(first)).await?;
    Ok(response
        // Offsets are of these bytes, not of compressed ones.
        .insert_header(ContentEncoding::Identity)
        .content_type(media_type)
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(SizedStream::new(end - first, Box::pin(bytes(file, end - first)))))
}

/// The range begins beyond the file.
#[derive(Debug, PartialEq)]
struct Beyond;

/// First byte and the one after the last; `None` for the whole.
fn wanted(http: &HttpRequest, etag: &str, size: u64) -> Result<Option<[u64; 2]>, Beyond> {
    let text = |name| http.headers().get(name).and_then(|value| value.to_str().ok());
    let Some(range) = text(header::RANGE) else { return Ok(None) };
    // A part of another state of the file is of no use to who has the rest of this one.
    if text(header::IF_RANGE).is_some_and(|condition| condition.trim() != etag) {
        return Ok(None);
    }
    part(range, size)
}

fn part(range: &str, size: u64) -> Result<Option<[u64; 2]>, Beyond> {
    let Some((unit, set)) = range.split_once('=') else { return Ok(None) };
    let Some((first, last)) = set.trim().split_once('-') else { return Ok(None) };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Ok(None);
    }
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(first.trim()), number(last.trim()), last.trim().is_empty()) {
        (Some(first), _, true) if first < size => Ok(Some([first, size])),
        (Some(first), Some(last), _) if first <= last && first < size => {
            Ok(Some([first, last.saturating_add(1).min(size)]))
        }
        (Some(first), Some(last), _) if first > last => Ok(None),
        (Some(_), _, true) | (Some(_), Some(_), _) => Err(Beyond),
        (None, Some(0), _) if first.trim().is_empty() => Err(Beyond),
        (None, Some(tail), _) if first.trim().is_empty() && size > 0 => {
            Ok(Some([size.saturating_sub(tail), size]))
        }
        _ => Ok(None),
    }
}

fn bytes(file: File, left: u64) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::stream::unfold(Some((file, left)), |state| async move {
        let (mut file, left) = state.filter(|(_, left)| *left > 0)?;
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
        let mut buffer = BytesMut::zeroed(most);
        match file.read(&mut buffer).await {
            Ok(0) => Some((Err(std::io::ErrorKind::UnexpectedEof.into()), None)),
            Ok(count) => {
                buffer.truncate(count);
                Some((Ok(buffer.freeze()), Some((file, left - count as u64))))
            }
            Err(error) => {
                tracing::warn!(%error, "a file could not be read to its end");
                Some((Err(error), None))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, expected) in [
            ("bytes=0-0", Ok(Some([0, 1]))),
            ("bytes=0-99", Ok(Some([0, 10]))),
            ("bytes=3-", Ok(Some([3, 10]))),
            ("Bytes = 3-4", Ok(Some([3, 5]))),
            ("bytes=-4", Ok(Some([6, 10]))),
            ("bytes=-400", Ok(Some([0, 10]))),
            ("bytes=9-99999999999999999999999", Ok(Some([9, 10]))),
            ("bytes=10-", Err(Beyond)),
            ("bytes=10-12", Err(Beyond)),
            ("bytes=99999999999999999999999-", Err(Beyond)),
            ("bytes=-0", Err(Beyond)),
            ("bytes=4-3", Ok(None)),
            ("bytes=0-1,3-4", Ok(None)),
            ("bytes=a-b", Ok(None)),
            ("bytes=--1", Ok(None)),
            ("bytes=-", Ok(None)),
            ("pages=1-2", Ok(None)),
            ("", Ok(None)),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Err(Beyond));
        assert_eq!(part("bytes=-5", 0), Ok(None));
    }
}
