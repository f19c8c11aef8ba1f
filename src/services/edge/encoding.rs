//! Content encodings (RFC 9110 section 8.4).

use crate::tiles::Encoding;
use actix_web::HttpRequest;
use actix_web::http::header;

/// The encoding that a client wants most of those that are offered (RFC 9110 section 12.5.3), the first of them where it has no
/// preference; as it is where it wants none of them.
///
/// Who takes anything (`*`) gets gzip: there is hardly a client that can't unpack it, and many that send this know no other. Where nothing at
/// all is left, the answer is as it is.
#[must_use]
pub fn accepted_encoding(request: &HttpRequest, offered: &[Encoding]) -> Encoding {
    let listed: Vec<(&str, f32)> = request
        .headers()
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(weighed)
        .collect();
    let named =
        |name: &str| listed.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
    let weight = |encoding: Encoding| match encoding {
        Encoding::Gzip => named("gzip").or_else(|| named("x-gzip")).or_else(|| named("*")).unwrap_or(0.0),
        // What isn't named is taken, but everything that is named is wanted more.
        Encoding::Identity => named("identity").unwrap_or(0.0),
        Encoding::Zstd | Encoding::Brotli => named(encoding.name()).unwrap_or(0.0),
    };
    let mut best = (Encoding::Identity, weight(Encoding::Identity));
    for encoding in offered.iter().copied().rev() {
        let weight = weight(encoding);
        if weight > 0.0 && weight >= best.1 {
            best = (encoding, weight);
        }
    }
    best.0
}

/// A coding and its weight, from 0 for none of it to 1. What can't be read as a weight is none.
fn weighed(part: &str) -> (&str, f32) {
    let mut fields = part.split(';').map(str::trim);
    let name = fields.next().unwrap_or_default();
    let weight = fields.find_map(|field| {
        let (name, value) = field.split_once('=')?;
        let weight = || value.trim().parse::<f32>().ok().filter(|weight| !weight.is_nan()).unwrap_or(0.0);
        name.trim().eq_ignore_ascii_case("q").then(weight)
    });
    (name, weight.unwrap_or(1.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn of(value: &str, offered: &[Encoding]) -> Encoding {
        let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, value));
        accepted_encoding(&request.to_http_request(), offered)
    }

    #[test]
    fn gzip_goes_only_to_who_takes_it() {
        for (value, expected) in [
            ("gzip, deflate, br", Encoding::Gzip),
            ("br, GZIP;q=0.5", Encoding::Gzip),
            ("x-gzip", Encoding::Gzip),
            ("*", Encoding::Gzip),
            ("gzip;q=0", Encoding::Identity),
            ("gzip;q=0, *", Encoding::Identity),
            ("*;q=0", Encoding::Identity),
            ("identity", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(of(value, &[Encoding::Gzip]), expected, "{value}");
        }
        let silent = TestRequest::default().to_http_request();
        assert_eq!(accepted_encoding(&silent, Encoding::OFFERED), Encoding::Identity);
    }

    #[test]
    fn the_greatest_weight_decides_and_else_the_order_of_the_offer() {
        for (value, expected) in [
            ("gzip, deflate, br, zstd", Encoding::Gzip),
            ("br, zstd", Encoding::Zstd),
            ("zstd;q=0.9, gzip;q=0.2, br;q=1.0", Encoding::Brotli),
            ("br;q=0.5, gzip ; q = 0.8, zstd;Q=0.1", Encoding::Gzip),
            ("br", Encoding::Brotli),
            ("ZSTD", Encoding::Zstd),
            ("zstd;q=0, br;q=0, gzip;q=0", Encoding::Identity),
            ("identity;q=0.5, br;q=0.4", Encoding::Identity),
            ("identity;q=0.5, br;q=0.5", Encoding::Brotli),
            ("identity;q=0", Encoding::Identity),
            ("identity;q=0, br;q=0.001", Encoding::Brotli),
            ("identity;q=0, *;q=0.1", Encoding::Gzip),
            ("deflate, compress", Encoding::Identity),
            ("gzip;q=nan", Encoding::Identity),
            ("gzip;q=viel", Encoding::Identity),
            ("gzip;q=7", Encoding::Gzip),
            ("gzip;level=1", Encoding::Gzip),
            (";;,=,;q=1,gzip;q=", Encoding::Identity),
        ] {
            assert_eq!(of(value, Encoding::OFFERED), expected, "{value}");
        }
    }
}
