//! Answers that are written while rows arrive.

use crate::features::FeatureError;
use crate::formats::EncodeError;
use actix_web::web::Bytes;
use futures_util::Stream;
use std::fmt::Display;
use std::future::Future;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

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

/// Bytes of a piece: few enough to be written in less than a millisecond, enough that passing them on costs
/// nothing beside.
pub const PIECE: usize = 64 * 1024;

/// Pieces that may wait for the client.
const WAITING: usize = 2;

/// An answer that fills its buffer piece by piece, so that memory stays bounded whatever its length.
pub trait Pieces: Sized + Send + 'static {
    /// Why it can't go on.
    type Error: Display + Send + 'static;

    /// Writes until a piece is full or nothing is left.
    fn fill(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The piece written, leaving an empty buffer.
    fn take(&mut self) -> Vec<u8>;

    /// Whether the last piece has been written.
    fn is_over(&self) -> bool;
}

/// The pieces as a body. They are written by a task of their own in the runtime of the connections that the rows
/// come from (`runtime`): the database, the writing and the sending go on at the same time, and no thread waits for
/// another at each row. Dropping the body, as the server does when the client leaves, ends the task and with it the
/// query.
pub fn pieces<P: Pieces>(
    runtime: &Handle,
    answer: P,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + use<P> {
    let (sender, receiver) = mpsc::channel(WAITING);
    runtime.spawn(async move {
        tokio::select! {
            () = write(answer, &sender) => {}
            () = sender.closed() => {}
        }
    });
    futures_util::stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver: mpsc::Receiver<Piece> = receiver?;
        match receiver.recv().await {
            Some(Piece::One(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::Last(bytes)) => Some((Ok(bytes), None)),
            // The head is gone: breaking the connection off is the only way to say that the answer is not
            // whole. A task that ended without a word has not finished either.
            Some(Piece::Broken) | None => Some((Err(std::io::Error::other("the answer is not whole")), None)),
        }
    })
}

enum Piece {
    One(Bytes),
    Last(Bytes),
    Broken,
}

async fn write<P: Pieces>(mut answer: P, sender: &mpsc::Sender<Piece>) {
    loop {
        let piece = match answer.fill().await {
            Ok(()) if answer.is_over() => Piece::Last(Bytes::from(answer.take())),
            Ok(()) => Piece::One(Bytes::from(answer.take())),
            Err(error) => {
                tracing::warn!(%error, "a feature answer was broken off");
                Piece::Broken
            }
        };
        let ends = !matches!(piece, Piece::One(_));
        if sender.send(piece).await.is_err() || ends {
            return;
        }
    }
}

/// An empty buffer for the next piece.
#[must_use]
pub fn next_piece() -> Vec<u8> {
    // The last feature of a piece goes beyond its size.
    Vec::with_capacity(PIECE + PIECE / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    /// Numbers up to a limit, one a piece; what comes after is told by the kind.
    struct Counting(u8, &'static str);

    impl Pieces for Counting {
        type Error = String;

        async fn fill(&mut self) -> Result<(), String> {
            self.0 += 1;
            match self.1 {
                "breaks" if self.0 == 3 => Err("broken".to_owned()),
                "panics" if self.0 == 3 => panic!("in the middle"),
                "waits" if self.0 == 3 => std::future::pending().await,
                _ => Ok(()),
            }
        }

        fn take(&mut self) -> Vec<u8> {
            vec![self.0]
        }

        fn is_over(&self) -> bool {
            self.0 == 5
        }
    }

    async fn all(kind: &'static str) -> Vec<Option<Vec<u8>>> {
        let body = pieces(&Handle::current(), Counting(0, kind));
        body.map(|piece| piece.ok().map(|bytes| bytes.to_vec())).collect().await
    }

    #[tokio::test]
    async fn an_answer_is_whole_or_ends_with_an_error() {
        let one = |n: u8| Some(vec![n]);
        assert_eq!(all("ends").await, [one(1), one(2), one(3), one(4), one(5)]);
        assert_eq!(all("breaks").await, [one(1), one(2), None]);
        assert_eq!(all("panics").await, [one(1), one(2), None]);
    }

    #[tokio::test]
    async fn an_answer_that_nobody_waits_for_any_more_is_dropped() {
        let (sender, gone) = tokio::sync::oneshot::channel::<()>();
        struct Held(Counting, #[allow(dead_code)] tokio::sync::oneshot::Sender<()>);
        impl Pieces for Held {
            type Error = String;
            async fn fill(&mut self) -> Result<(), String> {
                self.0.fill().await
            }
            fn take(&mut self) -> Vec<u8> {
                self.0.take()
            }
            fn is_over(&self) -> bool {
                self.0.is_over()
            }
        }
        let mut body = Box::pin(pieces(&Handle::current(), Held(Counting(0, "waits"), sender)));
        assert!(body.next().await.is_some_and(|piece| piece.is_ok()));
        drop(body);
        assert!(gone.await.is_err(), "dropped with its sender");
    }
}
