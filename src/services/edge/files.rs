//! Whole files of features, in any format of [`crate::formats::output`]: streamed while rows arrive, or built
//! on disk and then sent.

use super::{Broken, Call, PIECE, Pieces, next_piece, pieces};
use crate::features::{ExportError, ExportPart, Exported, FeatureError, FeatureStream};
use crate::formats::{BuildError, FeatureEncoder, Making, OutputFormat, Target};
use crate::store::{Deadline, StoreError};
use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncReadExt;

/// Bytes gathered before they are sent.
const CHUNK: usize = 64 * 1024;

/// Put on a request whose answer's body nobody will read, see [`Call::head_only`].
#[derive(Clone, Copy, Debug)]
pub struct HeadOnly;

/// What a file is to hold.
#[derive(Clone, Debug)]
pub struct FeatureFile {
    /// Its format.
    pub format: &'static OutputFormat,
    /// Its layers: one, unless the format takes several.
    pub parts: Vec<ExportPart>,
    /// Its name without the ending.
    pub name: String,
    /// Address of the layers' application schema.
    pub schema_location: String,
}

impl FeatureFile {
    /// The answer with the file. What can be refused is refused before its first byte.
    ///
    /// # Errors
    /// [`ExportError`]; see [`export_status`].
    pub async fn answer(self, call: &Call) -> Result<HttpResponse, ExportError> {
        for part in &self.parts {
            self.format.check(&part.query.layer, &part.crs)?;
        }
        let mut response = self.head();
        if call.head_only {
            return Ok(response.streaming(futures_util::stream::empty::<Result<Bytes, std::io::Error>>()));
        }
        match self.format.making {
            Making::Built(build) => {
                let exported = call.app.exporter.export(build, self.parts).await?;
                // Its length is known, and worth more to who waits than what compression saves.
                response.insert_header(ContentEncoding::Identity);
                Ok(response.body(SizedStream::new(exported.bytes, Box::pin(bytes(exported)))))
            }
            Making::Streamed(encoder) => {
                let deadline = call.export_deadline();
                let Some(part) = self.parts.into_iter().next() else {
                    return Ok(response.finish());
                };
                let features = match self.format.counted {
                    true => Some(exact_count(call, &part, deadline).await?),
                    false => None,
                };
                let rows = call.app.features.stream(&part.query, deadline).await?;
                let encoder = encoder(&Target {
                    layer: &part.query.layer,
                    columns: rows.columns(),
                    crs: &part.crs,
                    has_geometry: part.query.geometry != crate::features::Geometry::Skip,
                    features,
                    schema_location: &self.schema_location,
                    json_schema: &call.url(&format!("/ogc/collections/{}/schema", part.query.layer.slug)),
                });
                Ok(response.streaming(encoded(call, rows, encoder)))
            }
        }
    }

    fn head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::Ok();
        // Slugs are plain ASCII; anything else would need RFC 6266's longer form.
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
        let name: String = self.name.chars().filter(plain).collect();
        response
            .content_type(self.format.content_type())
            .insert_header((header::VARY, "Accept, Accept-Encoding"))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.{}\"", self.format.extension),
            ));
        response
    }
}

/// How many features there will be: formats that say so at their beginning must not be wrong.
async fn exact_count(call: &Call, part: &ExportPart, deadline: Deadline) -> Result<u64, ExportError> {
    use crate::features::{Count, Geometry};
    let counted = call.app.features.count(&part.query, deadline).await?;
    let page = &part.query.page;
    let window = |n: u64| n.saturating_sub(page.offset).min(page.limit.unwrap_or(u64::MAX));
    if let (Count::Exact(n), None, None) = (counted, &page.after, &page.before) {
        return Ok(window(n));
    }
    let mut bare = part.query.clone();
    bare.columns = Some(Vec::new());
    bare.geometry = Geometry::Skip;
    let mut rows = call.app.features.stream(&bare, deadline).await?;
    let mut count = 0;
    while let Some(row) = rows.next().await {
        row?;
        count += 1;
    }
    Ok(count)
}

/// The status that tells why there is no file. Causes that clients are not told go to the log.
#[must_use]
pub fn export_status(error: &ExportError) -> StatusCode {
    match error {
        ExportError::Busy | ExportError::Time { .. } => StatusCode::SERVICE_UNAVAILABLE,
        ExportError::Features(FeatureError::Store(cause)) => match cause {
            StoreError::Deadline | StoreError::Unavailable(_) | StoreError::Gone => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            StoreError::Data(_) => StatusCode::BAD_REQUEST,
            _ => logged(error),
        },
        ExportError::Features(FeatureError::Geometry { .. }) => logged(error),
        ExportError::Features(_) => StatusCode::BAD_REQUEST,
        ExportError::Build(BuildError::Unsuited(_)) => StatusCode::BAD_REQUEST,
        ExportError::Build(BuildError::TooLarge { .. } | BuildError::Feature { .. }) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ExportError::Build(BuildError::DiskFull) => {
            logged(error);
            StatusCode::INSUFFICIENT_STORAGE
        }
        _ => logged(error),
    }
}

fn logged(error: &ExportError) -> StatusCode {
    tracing::error!(?error, "a file could not be made");
    StatusCode::INTERNAL_SERVER_ERROR
}

/// What to tell, with the remedy where there is one.
#[must_use]
pub fn export_message(error: &ExportError) -> String {
    match error {
        ExportError::Build(BuildError::TooLarge { .. }) => format!(
            "{error}, which is as much as this server builds (limits.export-bytes); ask for one layer instead of \
             the whole dataset, for a part of it by WFS or OGC API Features, or for GeoJSON, GML or CSV, which are \
             streamed without this bound"
        ),
        ExportError::Time { .. } => {
            format!(
                "{error} (limits.export-seconds); ask for less, or for GeoJSON or GML, which are streamed"
            )
        }
        _ => error.to_string(),
    }
}

/// Features as an encoder writes them, while they arrive.
pub fn encoded(
    call: &Call,
    rows: FeatureStream,
    mut encoder: Box<dyn FeatureEncoder>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + use<> {
    let mut out = Vec::new();
    encoder.head(&mut out);
    pieces(&call.app.runtime, Running { rows, encoder, out, over: false })
}

/// A running answer.
struct Running {
    rows: FeatureStream,
    encoder: Box<dyn FeatureEncoder>,
    out: Vec<u8>,
    over: bool,
}

impl Pieces for Running {
    type Error = Broken;

    async fn fill(&mut self) -> Result<(), Broken> {
        while self.out.len() < PIECE && !self.over {
            let Some(row) = self.rows.next().await else {
                self.encoder.tail(&mut self.out);
                self.over = true;
                break;
            };
            let row = row?;
            let values = row.values();
            let feature = row.reference(&values);
            self.encoder.feature(feature, &mut self.out)?;
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.out, next_piece())
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

/// The file's bytes; its space is free when this is dropped.
fn bytes(exported: Exported) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let file = tokio::fs::File::from_std(exported.file);
    futures_util::stream::unfold(Some(file), |state| async move {
        let mut file = state?;
        let mut buffer = BytesMut::with_capacity(CHUNK);
        match file.read_buf(&mut buffer).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(buffer.freeze()), Some(file))),
            Err(error) => {
                tracing::warn!(%error, "a built file could not be read to its end");
                Some((Err(error), None))
            }
        }
    })
}
