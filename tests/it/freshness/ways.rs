//! Encodings of tiles by what clients take (RFC 9110 section 12.5.3).

use super::{Nodes, blocking, middle, vector};
use crate::mvt::decode;
use crate::support::{get, get_with};

#[tokio::test(flavor = "multi_thread")]
async fn tiles_come_in_the_encoding_that_a_client_wants_most_and_are_the_same_in_all() {
    let nodes = Nodes::new().await;
    let [base, _] = nodes.bases();
    blocking(move || {
        let address = format!("{base}{}", vector(12, middle([10, 10])));
        let plain = get_with(&address, &[("accept-encoding", "identity")]);
        assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
        assert!(decode(&plain.body)[0].features.len() > 100);
        let etag = plain.header("etag").to_owned();
        for (accepted, expected) in [
            ("zstd", "zstd"),
            ("br", "br"),
            ("deflate, br, zstd", "zstd"),
            ("gzip;q=0.9, br", "br"),
            ("gzip;q=0.2, zstd;q=0.5, br;q=0.9", "br"),
            ("gzip;q=0, br;q=0, zstd;q=0", ""),
            ("identity, zstd;q=0.5", ""),
            ("compress", ""),
            ("", ""),
        ] {
            let answer = get_with(&address, &[("accept-encoding", accepted)]);
            assert_eq!(answer.status, 200, "{accepted}");
            assert_eq!(answer.header("content-encoding"), expected, "{accepted}");
            assert!(answer.header("vary").to_ascii_lowercase().contains("accept-encoding"), "{accepted}");
            assert_eq!(answer.header("etag"), etag, "{accepted}");
            let body = match expected {
                "zstd" => zstd::bulk::decompress(&answer.body, 1 << 24).expect("zstd"),
                "br" => {
                    let mut out = Vec::new();
                    brotli::BrotliDecompress(&mut &answer.body[..], &mut out).expect("brotli");
                    out
                }
                _ => answer.body.clone(),
            };
            assert_eq!(body, plain.body, "{accepted}");
            assert!(expected.is_empty() || answer.body.len() < plain.body.len(), "{accepted}");
            let again = get_with(&address, &[("accept-encoding", accepted), ("if-none-match", &etag)]);
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, etag.as_str()));
        }
        // The client of the tests unpacks gzip, which is sent where there is no preference, by itself.
        for accepted in ["gzip", "gzip, deflate, br, zstd", "*", "x-gzip"] {
            let answer = get_with(&address, &[("accept-encoding", accepted)]);
            let is_packed = answer.body.starts_with(&[0x1f, 0x8b]);
            assert!(answer.body == plain.body || is_packed, "{accepted}");
        }
        assert_eq!(get(&address).body, plain.body);
    })
    .await;
}
