//! The border to HTTP that all services share: who calls, key-value pairs, caching headers.

mod archived;
mod caching;
mod call;
mod documents;
mod editing;
mod encoding;
mod facts;
pub mod feature_info;
mod files;
pub mod inspire;
mod kvp;
mod operation;
mod pieces;
mod problem;
mod ranged;
pub mod selection;
pub mod soap;
mod style_addresses;
mod text;
mod written;
pub mod xml;

pub use archived::{archive_status, archived_tile};
pub use caching::{etag_matches, not_modified, with_etag};
pub use call::{App, Call};
pub use documents::{Document, Documents};
pub use editing::{EditDenied, restyle_status};
pub use encoding::accepted_encoding;
pub use files::{FeatureFile, HeadOnly, encoded, export_message, export_status};
pub use kvp::{Kvp, KvpError};
pub use operation::Operation;
pub use pieces::{Broken, PIECE, Pieces, next_piece, pieces};
pub use problem::{Explained, RETRY_SECONDS, accepts_html, problem, problem_for};
pub use ranged::ranged_file;
pub use style_addresses::StyleAddresses;
pub use text::printable;
pub use written::{DocumentWriter, WrittenDocuments, written};
