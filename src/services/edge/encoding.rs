//! Content encodings (RFC 9110 section 8.4).

use crate::tiles::Encoding;
use actix_web::HttpRequest;
use actix_web::http::header;

/// What the client can unpack (RFC 9110 section 12.5.3).
#[must_use]
pub fn accepted_encoding(request: &HttpRequest) -> Encoding {
    let takes_gzip = request
        .headers()
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|part| {
            let mut fields = part.split(';').map(str::trim);
            let name = fields.next().unwrap_or_default();
            let refused = fields
                .find_map(|f| f.strip_prefix("q="))
                .is_some_and(|q| q.trim().parse::<f32>().unwrap_or(0.0) <= 0.0);
            !refused
                && (name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") || name == "*")
        });
    if takes_gzip { Encoding::Gzip } else { Encoding::Identity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn gzip_goes_only_to_who_takes_it() {
        let of = |value: &str| {
            accepted_encoding(
                &TestRequest::default().insert_header((header::ACCEPT_ENCODING, value)).to_http_request(),
            )
        };
        assert_eq!(of("gzip, deflate, br"), Encoding::Gzip);
        assert_eq!(of("br, GZIP;q=0.5"), Encoding::Gzip);
        assert_eq!(of("*"), Encoding::Gzip);
        assert_eq!(of("gzip;q=0"), Encoding::Identity);
        assert_eq!(of("identity"), Encoding::Identity);
        assert_eq!(accepted_encoding(&TestRequest::default().to_http_request()), Encoding::Identity);
    }
}
