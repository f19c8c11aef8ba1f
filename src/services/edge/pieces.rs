//! Answers that are written while rows arrive.

use crate::features::FeatureError;
use crate::formats::EncodeError;
use actix_web::web::Bytes;
use futures_util::Stream;
use std::fmt::Display;
use std::future::Future;

/// Why an answer of features was broken off.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The features can't be read to their end.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// One of them can't be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// An answer that fills its buffer piece by piece, so that memory stays bounded whatever its length.
pub trait Pieces: Sized {
    /// Why it can't go on.
    type Error: Display;

    /// Writes until a piece is full or nothing is left.
    fn fill(&mut self) -> impl Future<Output = Result<(), Self::Error>>;

    /// The piece written, leaving the buffer empty.
    fn take(&mut self) -> Vec<u8>;

    /// Whether the last piece has been written.
    fn is_over(&self) -> bool;
}

/// The pieces as a body. Dropping it, as the server does when the client leaves, drops the answer and with it
/// the query behind it.
pub fn pieces<P: Pieces>(answer: P) -> impl Stream<Item = Result<Bytes, P::Error>> {
    futures_util::stream::unfold(Some(answer), |state| async move {
        let mut answer = state?;
        match answer.fill().await {
            Ok(()) => {
                let piece = Bytes::from(answer.take());
                let rest = (!answer.is_over()).then_some(answer);
                Some((Ok(piece), rest))
            }
            Err(error) => {
                // The head is gone: breaking the connection off is the only way to say that the answer is
                // not whole.
                tracing::warn!(%error, "a feature answer was broken off");
                Some((Err(error), None))
            }
        }
    })
}
