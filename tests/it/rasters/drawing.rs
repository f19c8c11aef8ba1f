//! What maps show of images.

use super::{Made, Place, blocking, map, picture, styled};
use crate::support::get;
use crate::wms::error;
use datasud::publish::{Existing, dimensions_of};
use gdal::raster::ColorInterpretation;

/// A shade that tells where it is.
fn shade(column: usize, row: usize) -> u8 {
    (column * 5 + row) as u8
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mosaic_is_drawn_pixel_by_pixel_and_without_a_seam() {
    let place = Place::new().await;
    let west = Made { name: "ouest.tif", ..Made::default() }.write(place.path(), 1, |_, x, y| shade(x, y));
    let east = Made { name: "est.tif", corner: [900_400.0, 6_250_400.0], ..Made::default() };
    let east = east.write(place.path(), 1, |_, x, y| 255 - shade(x, y));
    let published = place.publish(&[west, east], |_| ()).await.expect("published");
    assert_eq!(published.layers[0].features, 2);
    assert_eq!(place.images().len(), 2);
    let server = place.server();
    let base = server.base.clone();
    blocking(move || {
        let whole = picture(&map(&base, 90, 40));
        for (x, y) in (0..90).flat_map(|x| (0..40).map(move |y| (x, y))) {
            let (column, row) = (x as usize, y as usize);
            let expected = match column {
                0..40 => Some(shade(column, row)),
                40..80 => Some(255 - shade(column - 40, row)),
                _ => None,
            };
            let expected = expected.map_or([0; 4], |v| [v, v, v, 255]);
            assert_eq!(whole.at(x, y), expected, "at {x}, {y}");
        }
        // Half as fine, a pixel is the mean of four.
        let half = picture(&map(&base, 80, 40).replace("WIDTH=80&HEIGHT=40", "WIDTH=40&HEIGHT=20"));
        for (x, y) in [(3, 4), (18, 11), (0, 0)] {
            let mean = f64::from(shade(2 * x, 2 * y)) + 3.0;
            let got = f64::from(half.at(x as u32, y as u32)[0]);
            assert!((got - mean).abs() <= 1.0, "{got} for {mean}");
        }
        // In other systems there is no gap between the images either.
        for (crs, bbox) in [
            ("EPSG:3857", "608300,5360950,609450,5361500"),
            ("EPSG:4326", "43.3205,5.4640,43.3250,5.4750"),
            ("CRS:84", "5.4640,43.3205,5.4750,43.3250"),
        ] {
            let url = format!(
                "{base}/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&TRANSPARENT=true\
                 &LAYERS=essai&CRS={crs}&BBOX={bbox}&WIDTH=400&HEIGHT=180"
            );
            let drawn = picture(&url);
            let there = drawn.count(|p| p[3] == 255);
            assert!(there > 20_000, "{crs}: {there}");
            assert_eq!(there + drawn.count(|p| p[3] == 0), 400 * 180, "{crs}");
            for y in 0..180 {
                let row: Vec<bool> = (0..400).map(|x| drawn.at(x, y)[3] == 255).collect();
                let first = row.iter().position(|there| *there);
                let last = row.iter().rposition(|there| *there);
                if let (Some(first), Some(last)) = (first, last) {
                    assert!(row[first..last].iter().all(|there| *there), "{crs}: a hole in row {y}");
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_of_images_meet() {
    let place = Place::new().await;
    let made = Made { size: [200, 200], corner: [900_000.0, 6_252_000.0], ..Made::default() };
    let file = made.write(place.path(), 1, |_, x, y| ((x / 7 + y / 5) % 2 * 200 + 20) as u8);
    place.publish(&[file], |_| ()).await.expect("published");
    let server = place.server();
    let base = server.base.clone();
    blocking(move || {
        let side = 40_075_016.685_578_49 / f64::from(1 << 14);
        let half = 20_037_508.342_789_244;
        let column = ((608_900.0 + half) / side).floor();
        let row = ((half - 5_362_900.0) / side).floor();
        for (dx, dy) in [(0, 0), (1, 0), (0, 1)] {
            let (column, row) = (column + f64::from(dx), row + f64::from(dy));
            let tile = get(&format!("{base}/ogc/collections/essai/map/tiles/WebMercatorQuad/14/{row}/{column}?f=png"));
            assert_eq!(tile.status, 200, "{}", tile.text());
            let tile = crate::picture::Picture::decode(&tile.body);
            let (west, north) = (column * side - half, half - row * side);
            let url = format!(
                "{base}/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&TRANSPARENT=true\
                 &LAYERS=essai&CRS=EPSG:3857&BBOX={},{},{},{}&WIDTH=768&HEIGHT=768",
                west - side,
                north - 2.0 * side,
                west + 2.0 * side,
                north + side,
            );
            let around = picture(&url);
            let differing = (0..256)
                .flat_map(|x| (0..256).map(move |y| (x, y)))
                .filter(|(x, y)| tile.at(*x, *y)[0].abs_diff(around.at(x + 256, y + 256)[0]) > 3)
                .count();
            assert!(differing < 40, "{differing} pixels differ");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pixels_without_data_and_what_lets_through_are_seen_through() {
    let place = Place::new().await;
    let made = Made { nodata: Some(-9999.0), ..Made::default() };
    let file = made.write(place.path(), 1, |_, x, y| if x < 10 { -9999.0_f32 } else { (x * y) as f32 });
    place.publish(&[file], |_| ()).await.expect("published");
    let server = place.server();
    let address = map(&server.base, 40, 40);
    blocking(move || {
        let drawn = picture(&address);
        assert_eq!(drawn.count(|p| p[3] == 0), 400);
        assert_eq!((drawn.at(9, 20), drawn.at(10, 0)), ([0; 4], [0, 0, 0, 255]));
        assert_eq!(drawn.at(39, 39), [255, 255, 255, 255]);
    })
    .await;
    const RGBA: &[ColorInterpretation] = &[
        ColorInterpretation::RedBand,
        ColorInterpretation::GreenBand,
        ColorInterpretation::BlueBand,
        ColorInterpretation::AlphaBand,
    ];
    let made = Made { name: "photo.tif", meanings: RGBA, ..Made::default() };
    let photo = made.write(place.path(), 4, |band, x, _| match band {
        0 => 200_u8,
        1 => 100,
        2 => 50,
        _ if x < 20 => 0,
        _ => 255,
    });
    place.publish(&[photo], |_| ()).await.expect("replaced");
    let server = place.server();
    let address = map(&server.base, 40, 40);
    blocking(move || {
        let drawn = picture(&address);
        assert_eq!((drawn.at(5, 5), drawn.at(30, 30)), ([0; 4], [200, 100, 50, 255]));
        let infrared = styled(
            &address,
            "<RasterSymbolizer><Opacity>0.5</Opacity><ChannelSelection><RedChannel><SourceChannelName>3</SourceChannelName>\
             </RedChannel><GreenChannel><SourceChannelName>band_1</SourceChannelName></GreenChannel><BlueChannel>\
             <SourceChannelName>2</SourceChannelName></BlueChannel></ChannelSelection></RasterSymbolizer>",
        );
        let [r, g, b, a] = picture(&infrared).at(30, 30);
        assert!(r.abs_diff(50) <= 1 && g.abs_diff(200) <= 1 && b.abs_diff(100) <= 1 && a == 128, "{r} {g} {b} {a}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heights_are_coloured_shaded_and_chosen_by_their_value() {
    let place = Place::new().await;
    let file = Made::default().write(place.path(), 1, |_, x, _| (x * 10) as i16);
    let dimensions =
        dimensions_of("[[dimension]]\nname = 'elevation'\ncolumn = 'band_1'\ndefault = 'all'").expect("one");
    place.publish(&[file], |r| r.dimensions = Some(dimensions)).await.expect("published");
    let server = place.server();
    let address = map(&server.base, 40, 40);
    blocking(move || {
        let ramp = "<ColorMap><ColorMapEntry color=\"#000000\" quantity=\"0\"/><ColorMapEntry color=\"#ff0000\" quantity=\"255\"/>\
                    <ColorMapEntry color=\"#ff0000\" quantity=\"300\" opacity=\"0\"/></ColorMap>";
        let drawn = picture(&styled(&address, &format!("<RasterSymbolizer>{ramp}</RasterSymbolizer>")));
        assert_eq!(drawn.at(10, 3), [100, 0, 0, 255]);
        assert_eq!(drawn.at(35, 3), [0, 0, 0, 0]);
        let classes = "<ColorMap type=\"intervals\"><ColorMapEntry color=\"#00ff00\" quantity=\"100\"/>\
                       <ColorMapEntry color=\"#0000ff\" quantity=\"200\"/></ColorMap>";
        let drawn = picture(&styled(&address, &format!("<RasterSymbolizer>{classes}</RasterSymbolizer>")));
        assert_eq!((drawn.at(9, 0), drawn.at(10, 0)), ([0, 255, 0, 255], [0, 0, 255, 255]));
        assert_eq!(drawn.at(20, 0)[3], 0);
        // Rising to the east, the ground faces the light from the north-west.
        let shaded = "<RasterSymbolizer><ContrastEnhancement><Normalize><VendorOption name=\"algorithm\">\
                      StretchToMinimumMaximum</VendorOption><VendorOption name=\"minValue\">0</VendorOption>\
                      <VendorOption name=\"maxValue\">1000</VendorOption></Normalize></ContrastEnhancement><ShadedRelief/></RasterSymbolizer>";
        let shaded = picture(&styled(&address, shaded));
        let plain = 255.0 * 100.0 / 1000.0;
        assert!(f64::from(shaded.at(10, 20)[0]) > plain * 1.1, "{:?}", shaded.at(10, 20));
        let shown = |more: &str| picture(&format!("{address}{more}")).count(|p| p[3] == 255) / 40;
        assert_eq!(shown(""), 40);
        assert_eq!(shown("&ELEVATION=0/95"), 10);
        assert_eq!(shown("&ELEVATION=100,390"), 2);
        assert_eq!(shown("&CQL_FILTER=band_1%20%3E%3D%20100%20AND%20band_1%20%3C%20200"), 10);
        assert_eq!(shown("&CQL_FILTER=band_1%20IN%20(10,20)%20AND%20image%20=%20'essai'&ELEVATION=0/15"), 1);
        error(&get(&format!("{address}&ELEVATION=500")), "InvalidDimensionValue");
        // What lies between two shown pixels isn't drawn from a third.
        let classes = styled(&format!("{address}&ELEVATION=0/95"), &format!("<RasterSymbolizer>{classes}</RasterSymbolizer>"));
        assert_eq!(picture(&classes).count(|p| p[3] == 255), 400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_value_under_a_pixel_is_told_in_every_form() {
    let place = Place::new().await;
    let made = Made { nodata: Some(-1.0), ..Made::default() };
    let file =
        made.write(
            place.path(),
            2,
            |band, x, y| if x < 5 { -1.0_f32 } else { (x + 100 * band) as f32 + y as f32 / 4.0 },
        );
    let dimensions =
        dimensions_of("[[dimension]]\nname = 'elevation'\ncolumn = 'band_1'\ndefault = 'all'").expect("one");
    place.publish(&[file], |r| r.dimensions = Some(dimensions)).await.expect("published");
    let server = place.server();
    let base = map(&server.base, 40, 40).replace("REQUEST=GetMap", "REQUEST=GetFeatureInfo");
    blocking(move || {
        let info = |i: u32, j: u32, format: &str| {
            let url = format!("{base}&QUERY_LAYERS=essai&I={i}&J={j}&INFO_FORMAT={format}");
            let answer = get(&url);
            assert_eq!(answer.status, 200, "{url}: {}", answer.text());
            answer
        };
        let json = info(12, 3, "application/json").json();
        let properties = &json["features"][0]["properties"];
        assert_eq!((&properties["band_1"], &properties["band_2"]), (&12.75.into(), &112.75.into()));
        assert_eq!(properties["image"], "essai");
        for format in [
            "text/plain",
            "text/html",
            "text/xml",
            "application/vnd.ogc.gml",
            "application/vnd.ogc.gml/3.1.1",
        ] {
            let text = info(12, 3, format).text();
            assert!(text.contains("band_2") && text.contains("112.75"), "{format}: {text}");
        }
        // Where nothing is drawn, nothing is told.
        assert_eq!(info(2, 3, "application/json").json()["features"], serde_json::json!([]));
        assert_eq!(info(12, 3, "application/json&ELEVATION=20/30").json()["features"], serde_json::json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legend_shows_each_colour_of_a_map_with_its_text() {
    let place = Place::new().await;
    let file = Made::default().write(place.path(), 1, |_, x, _| x as u8);
    let sld = "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\"><NamedLayer><Name>essai</Name>\
               <UserStyle><FeatureTypeStyle><Rule><RasterSymbolizer><ColorMap type=\"intervals\">\
               <ColorMapEntry color=\"#ff0000\" quantity=\"10\" label=\"bas\"/><ColorMapEntry color=\"#0000ff\" quantity=\"20\"/>\
               </ColorMap></RasterSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>";
    place.publish(&[file], |r| r.style = Some(sld.to_owned())).await.expect("published");
    let server = place.server();
    let url =
        format!("{}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=essai&FORMAT=", server.base);
    blocking(move || {
        let legend = picture(&format!("{url}image/png"));
        assert_eq!((legend.at(10, 10), legend.at(10, 34)), ([255, 0, 0, 255], [0, 0, 255, 255]));
        assert!(legend.width > 40, "there are texts");
        let json = get(&format!("{url}application/json")).json();
        let text = json.to_string();
        assert!(text.contains("colormap") && text.contains("bas"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_of_qgis_draws_images() {
    let place = Place::new().await;
    let file = Made::default().write(place.path(), 1, |_, x, _| x as u8);
    let qml = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22.16\"><pipe><rasterrenderer \
               type=\"singlebandpseudocolor\" band=\"1\" opacity=\"1\"><rastershader><colorrampshader colorRampType=\"DISCRETE\">\
               <item value=\"19\" color=\"#ff0000\" alpha=\"255\" label=\"&lt;= 19\"/><item value=\"inf\" color=\"#0000ff\" \
               alpha=\"255\" label=\"> 19\"/></colorrampshader></rastershader></rasterrenderer></pipe></qgis>";
    place.publish(&[file], |r| r.style = Some(qml.to_owned())).await.expect("published");
    let server = place.server();
    let address = map(&server.base, 40, 40);
    blocking(move || {
        let drawn = picture(&address);
        assert_eq!((drawn.at(19, 3), drawn.at(20, 3)), ([255, 0, 0, 255], [0, 0, 255, 255]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_images_of_a_day_are_chosen_by_time_and_by_any_filter() {
    let place = Place::new().await;
    let day = |name: &'static str, value: u8| {
        Made { name, ..Made::default() }.write(place.path(), 1, move |_, _, _| value)
    };
    let files = [day("vue_2020-05-01.tif", 20), day("vue_2024-05-01.tif", 200)];
    let dimensions = dimensions_of("[[dimension]]\nname = 'time'\ncolumn = 'date'").expect("one");
    place.publish(&files, |r| r.dimensions = Some(dimensions)).await.expect("published");
    let server = place.server();
    let address = map(&server.base, 40, 40);
    blocking(move || {
        let value = |more: &str| picture(&format!("{address}{more}")).at(20, 20)[0];
        assert_eq!(value(""), 200);
        assert_eq!(value("&TIME=2020-05-01"), 20);
        assert_eq!(value("&TIME=2020/2024"), 200);
        assert_eq!(value("&TIME=2020/2024&CQL_FILTER=image%20like%20'%252020%25'"), 20);
        let first = "<RasterSymbolizer><OverlapBehavior><EARLIEST_ON_TOP/></OverlapBehavior></RasterSymbolizer>";
        assert_eq!(picture(&styled(&format!("{address}&TIME=2020/2024"), first)).at(20, 20)[0], 20);
        let outlined = "<RasterSymbolizer><ImageOutline><LineSymbolizer><Stroke><CssParameter name=\"stroke\">#ff0000\
                        </CssParameter><CssParameter name=\"stroke-width\">4</CssParameter></Stroke></LineSymbolizer>\
                        </ImageOutline></RasterSymbolizer>";
        let drawn = picture(&styled(&address, outlined));
        assert_eq!((drawn.at(0, 20), drawn.at(20, 20)), ([255, 0, 0, 255], [200, 200, 200, 255]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_overlap_are_drawn_as_their_mean_where_a_style_says_so() {
    let place = Place::new().await;
    let made = |name: &'static str, left: f64, value: u8| {
        let corner = [left, 6_250_400.0];
        Made { name, corner, nodata: Some(0.0), ..Made::default() }.write(
            place.path(),
            1,
            move |_, _, row| {
                // A row without data counts for nothing.
                if row == 39 && value == 200 { 0 } else { value }
            },
        )
    };
    let files = [made("a.tif", 900_000.0, 20), made("b.tif", 900_100.0, 80), made("c.tif", 900_200.0, 200)];
    place.publish(&files, |_| {}).await.expect("published");
    let server = place.server();
    let address = map(&server.base, 70, 40);
    blocking(move || {
        let colors = "<ColorMap type=\"ramp\"><ColorMapEntry color=\"#000000\" quantity=\"0\"/>\
                      <ColorMapEntry color=\"#ffffff\" quantity=\"255\"/></ColorMap>";
        let drawn = picture(&styled(
            &address,
            &format!(
                "<RasterSymbolizer><OverlapBehavior><AVERAGE/></OverlapBehavior>{colors}</RasterSymbolizer>"
            ),
        ));
        let row = [5, 15, 30, 45, 55, 65].map(|x| drawn.at(x, 20));
        let grey = |value: u8| [value, value, value, 255];
        assert_eq!(row, [grey(20), grey(50), grey(100), grey(140), grey(200), [0; 4]]);
        assert_eq!([30, 55].map(|x| drawn.at(x, 39)), [grey(50), [0; 4]]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_images_take_the_place_of_the_old_ones_and_go_with_their_dataset() {
    let place = Place::new().await;
    let server = place.server();
    for value in [10_u8, 60, 120] {
        let file = Made::default().write(place.path(), 1, move |_, _, _| value);
        place.publish(&[file], |r| r.existing = Existing::Replace).await.expect("published");
        let address = map(&server.base, 40, 40);
        crate::support::until_holds("the new image is shown", async || {
            let address = address.clone();
            blocking(move || {
                let answer = get(&address);
                answer.status == 200 && crate::picture::Picture::decode(&answer.body).at(5, 5)[0] == value
            })
            .await
        })
        .await;
    }
    // The version before can be restored.
    assert_eq!(place.images().len(), 2);
    place.publisher().remove("essai").await.expect("removed");
    assert_eq!(place.images(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_features_that_can_be_read_and_not_edited() {
    let place = Place::new().await;
    let file = Made { name: "vue_2024-05-01.tif", ..Made::default() }.write(place.path(), 1, |_, _, _| 7_u8);
    place.publish(&[file], |_| ()).await.expect("published");
    let open = datasud::config::Config { editing: datasud::config::Editing::Open, ..place.config() };
    let server = crate::support::server_with(&place.database, open);
    let base = server.base.clone();
    blocking(move || {
        let items = get(&format!("{base}/ogc/collections/essai/items")).json();
        let image = &items["features"][0]["properties"];
        assert_eq!((&image["image"], &image["date"]), (&"vue_2024-05-01".into(), &"2024-05-01".into()));
        assert_eq!(image["width"], 40);
        let record = get(&format!(
            "{base}/csw?service=CSW&version=2.0.2&request=GetRecords&typenames=gmd:MD_Metadata\
             &outputschema=http://www.isotc211.org/2005/gmd&elementsetname=full&resulttype=results"
        ));
        assert!(record.text().contains("codeListValue=\"grid\""), "{}", record.text());
        let delete = ureq_delete(&format!("{base}/ogc/collections/essai/items/1"));
        assert_eq!(delete, 403);
        let page = get(&format!("{base}/datasets/essai?lang=fr")).text();
        assert!(page.contains("1 image") && !page.contains("1 entité"), "{page}");
        let style = get(&format!("{base}/styles/essai/default.json")).json();
        let tiles = style["sources"]["essai-images"]["tiles"][0].as_str().expect("tiles").to_owned();
        assert!(tiles.starts_with(&base), "{tiles}");
        assert_eq!(style["layers"][0]["type"], "raster");
    })
    .await;
}

fn ureq_delete(url: &str) -> u16 {
    crate::support::agent().delete(url).call().expect("an answer").status().as_u16()
}
