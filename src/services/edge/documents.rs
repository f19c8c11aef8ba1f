//! Documents that services make of stored facts: capabilities and their like, made once a generation.

use bytes::Bytes;
use moka::future::Cache;
use std::sync::Arc;

/// Megabytes of documents kept.
const MEGABYTES: u64 = 32;

/// A document and its ETag.
#[derive(Clone, Debug)]
pub struct Document {
    /// The bytes.
    pub bytes: Bytes,
    /// Strong ETag, with its quotes.
    pub etag: String,
}

/// Documents by a key that names everything they hang on: service, version, scope, caller, language,
/// generation. Cloning shares them.
#[derive(Clone)]
pub struct Documents(Cache<String, Document>);

impl Default for Documents {
    fn default() -> Self {
        let weigh = |key: &String, document: &Document| {
            u32::try_from(key.len() + document.bytes.len() + 300).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(MEGABYTES << 20).weigher(weigh).build())
    }
}

impl Documents {
    /// The document of a key, made if it isn't there; equal questions at the same time make it once.
    ///
    /// # Errors
    /// What `make` fails with.
    pub async fn get<E: Send + Sync + 'static>(
        &self,
        key: String,
        make: impl Future<Output = Result<Vec<u8>, E>>,
    ) -> Result<Document, Arc<E>> {
        let made = async {
            let bytes = Bytes::from(make.await?);
            let etag = format!("\"{:032x}\"", xxhash_rust::xxh3::xxh3_128(&bytes));
            Ok(Document { bytes, etag })
        };
        self.0.try_get_with(key, made).await
    }
}
