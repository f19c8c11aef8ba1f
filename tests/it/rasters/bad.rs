//! Images that can't be taken, and styles that don't fit them.

use super::{Made, Place, blocking, map, styled};
use crate::support::get;
use crate::wms::error;
use datasud::ingest::IngestError;
use datasud::publish::PublishError;
use std::path::PathBuf;

/// The code and the sentence of a refusal.
pub async fn refused(place: &Place, files: &[PathBuf]) -> (String, String) {
    match place.publish(files, |_| ()).await {
        Err(PublishError::Ingest(IngestError::Refused(findings))) => {
            let last = findings.last().expect("a finding");
            (last.code.clone(), last.message.clone())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_cannot_be_taken_are_refused_by_name_and_leave_nothing() {
    let place = Place::new().await;
    let plain = |name: &'static str| Made { name, ..Made::default() };
    let good = plain("bonne.tif").write(place.path(), 1, |_, x, _| x as u8);
    let lost = Made { srid: None, ..plain("perdue.tif") }.write(place.path(), 1, |_, _, _| 1_u8);
    let far = Made { corner: [5.0, 43.0], ..plain("loin.tif") }.write(place.path(), 1, |_, _, _| 1_u8);
    let wide = plain("large.tif").write(place.path(), 1, |_, _, _| 1_i16);
    let three = plain("trois.tif").write(place.path(), 3, |_, _, _| 1_u8);
    let other = Made { srid: Some(32631), corner: [700_000.0, 4_800_000.0], ..plain("autre.tif") }.write(
        place.path(),
        1,
        |_, _, _| 1_u8,
    );
    let cut = place.path().join("coupee.tif");
    let big =
        Made { size: [400, 400], ..plain("grande.tif") }.write(place.path(), 1, |_, x, y| (x * y) as u8);
    let bytes = std::fs::read(&big).expect("read");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    let text = place.path().join("texte.tif");
    std::fs::write(&text, "ceci n'est pas une image").expect("written");
    for (files, code, word) in [
        (vec![lost], "crs-unknown", "perdue"),
        (vec![far], "outside-crs", "loin"),
        (vec![good.clone(), wide], "images-differ", "band"),
        (vec![good.clone(), three], "images-differ", "3"),
        (vec![good.clone(), other], "images-differ", "EPSG:32631"),
        (vec![cut], "file-damaged", "coupee"),
        (vec![text], "file-unreadable", "texte"),
    ] {
        let (found, message) = refused(&place, &files).await;
        assert_eq!(found, code, "{message}");
        assert!(message.contains(word), "{message}");
        assert!(!message.contains(&place.path().display().to_string()), "{message}");
        assert_eq!(place.images(), Vec::<PathBuf>::new());
    }
    place.publish(&[good], |_| ()).await.expect("the good one is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_that_does_not_fit_the_images_is_refused_by_name() {
    let place = Place::new().await;
    let file = Made::default().write(place.path(), 1, |_, x, _| x as u8);
    place.publish(&[file], |_| ()).await.expect("published");
    let server = place.server();
    let address = map(&server.base, 40, 40);
    blocking(move || {
        let gray = |band: &str| {
            format!(
                "<RasterSymbolizer><ChannelSelection><GrayChannel><SourceChannelName>{band}</SourceChannelName>\
                 </GrayChannel></ChannelSelection></RasterSymbolizer>"
            )
        };
        let answer = get(&styled(&address, &gray("7")));
        let text = answer.text();
        assert!(answer.status == 400 && text.contains("band_1") && text.contains('7'), "{text}");
        let answer = get(&styled(&address, "<RasterSymbolizer><Opacity>9</Opacity></RasterSymbolizer>"));
        assert!(answer.status == 400 && answer.text().contains("from 0 to 1"), "{}", answer.text());
        assert_eq!(get(&styled(&address, &gray("1"))).status, 200);
        error(&get(&format!("{address}&CQL_FILTER=band_9%20%3E%203")), "InvalidParameterValue");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_file_is_gone_is_told_and_not_half_a_map() {
    let place = Place::new().await;
    let file = Made::default().write(place.path(), 1, |_, x, _| x as u8);
    place.publish(&[file], |_| ()).await.expect("published");
    for image in place.images() {
        std::fs::remove_file(image).expect("removed");
    }
    let server = place.server();
    let address = map(&server.base, 40, 40);
    let path = place.path().display().to_string();
    blocking(move || {
        let answer = get(&address);
        let text = answer.text();
        assert!(answer.status == 500 && text.contains("image 1") && !text.contains(&path), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raster_symbolizer_has_nothing_to_draw_in_a_layer_of_shapes() {
    let style = crate::wms::style(&crate::wms::rule("", "#ff0000"));
    let (server, _database, _folder) = crate::wms::squares(&style).await;
    let address = styled(&format!("{}{}", server.base, crate::wms::THREE), "<RasterSymbolizer/>");
    blocking(move || {
        let answer = get(&address);
        assert!(answer.status == 400 && answer.text().contains("RasterSymbolizer"), "{}", answer.text());
    })
    .await;
}
