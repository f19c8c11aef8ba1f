//! Labels and the options that say where they stand, drawn.

use crate::picture::Picture;
use crate::se::{dark, map, se};
use crate::support::get;
use crate::wms::squares;

fn label(text: &str, more: &str) -> String {
    format!(
        "<se:TextSymbolizer><se:Label>{text}</se:Label><se:Font><se:SvgParameter name=\"font-size\">20\
         </se:SvgParameter></se:Font><se:LabelPlacement><se:PointPlacement><se:AnchorPoint><se:AnchorPointX>0.5\
         </se:AnchorPointX><se:AnchorPointY>0.5</se:AnchorPointY></se:AnchorPoint></se:PointPlacement>\
         </se:LabelPlacement>{more}</se:TextSymbolizer>"
    )
}

fn option(name: &str, value: &str) -> String {
    format!("<se:VendorOption name=\"{name}\">{value}</se:VendorOption>")
}

/// Which of the three squares have ink of a label in their middle 60 columns.
fn inked(picture: &Picture) -> [bool; 3] {
    [100, 200, 300].map(|x| picture.count_in(x - 30, 60, 60, 80, dark) > 20)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greatest_priority_goes_first_and_room_is_kept() {
    // Labels as wide as two squares: only one of two neighbours finds room.
    let wide = option("spaceAround", "40");
    // Sizes are 1, 20 and null. With the second first there is no room on either side of it; with the third, which has
    // the 1000 of those without a priority, before the first, the second finds none.
    for (factor, expected) in [("1000", [false, true, false]), ("-1000", [true, false, true])] {
        let priority = format!(
            "<se:Priority><ogc:Mul><ogc:PropertyName>taille</ogc:PropertyName><ogc:Literal>{factor}</ogc:Literal>\
             </ogc:Mul></se:Priority>"
        );
        let ranked = map(&label("MMMM", &format!("{priority}{wide}")), "").await;
        assert_eq!(inked(&ranked), expected, "{factor}");
    }
    let free = format!("{wide}{}", option("conflictResolution", "false"));
    assert_eq!(inked(&map(&label("MMMM", &free), "").await), [true; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn features_of_one_text_share_a_label_and_long_ones_are_broken() {
    let one = map(&label("MM", &option("group", "yes")), "").await;
    assert_eq!(inked(&one).iter().filter(|i| **i).count(), 1);
    let rows = |picture: &Picture| (0..200).filter(|y| picture.count_in(50, *y, 100, 1, dark) > 0).count();
    let long = "Saint-Étienne du Grès";
    let (flat, broken) =
        (map(&label("M M", ""), "").await, map(&label(long, &option("autoWrap", "90")), "").await);
    assert!(rows(&broken) > 2 * rows(&flat), "{} {}", rows(&broken), rows(&flat));
    assert_eq!(inked(&broken), [true; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_are_not_known_are_noted_and_wrong_values_refused() {
    let style = format!("{}{}", label("a", &option("underlineText", "true")), "");
    let (server, _database, _folder) = squares(&se(&style)).await;
    let address = format!("{}/styles/essai/default.json", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    assert!(answer.json()["metadata"]["datasud:notes"].to_string().contains("underlineText"));
    for (name, value) in
        [("group", "maybe"), ("goodnessOfFit", "2"), ("repeat", "-1"), ("spaceAround", "wide")]
    {
        let error = datasud::style::sld::parse(&se(&label("a", &option(name, value)))).expect_err(name);
        assert!(error.message.contains(name), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_run_on_from_tile_to_tile_and_all_tiles_together_are_the_map() {
    const SIDE: f64 = 20_037_508.342_789_244;
    const LEVEL: u32 = 17;
    let style = label("MMMMMMMMMMMM", &option("conflictResolution", "false"));
    let (server, _database, _folder) = squares(&se(&style)).await;
    let crs = |code| datasud::geo::Crs::from_epsg(code).expect("a system");
    let to_web = datasud::geo::Transform::new(&crs(2154), &crs(3857)).expect("a transform");
    let [x, y] = to_web.point(900_150.0, 6_250_050.0).expect("a place");
    let tile = 2.0 * SIDE / f64::from(1_u32 << LEVEL);
    let first = [(x + SIDE) / tile, (SIDE - y) / tile].map(|place| (place as u32) / 4 * 4);
    let base = server.base.clone();
    let (tiles, whole) = tokio::task::spawn_blocking(move || {
        // Where the layer isn't there is no tile.
        let tiles: Vec<Option<Picture>> = (0..16)
            .map(|at| {
                let (column, row) = (first[0] + at % 4, first[1] + at / 4);
                let address = format!("{base}/wmts/1.0.0/essai/default/WebMercatorQuad/{LEVEL}/{row}/{column}.png");
                Some(get(&address)).filter(|a| a.status == 200).map(|a| Picture::decode(&a.body))
            })
            .collect();
        let (left, top) = (f64::from(first[0]) * tile - SIDE, SIDE - f64::from(first[1]) * tile);
        let bbox = format!("{left},{},{},{top}", top - 4.0 * tile, left + 4.0 * tile);
        let map = format!(
            "{base}/wms?SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&LAYERS=essai&CRS=EPSG:3857\
             &BBOX={bbox}&WIDTH=1024&HEIGHT=1024&TRANSPARENT=TRUE"
        );
        (tiles, Picture::decode(&get(&map).body))
    })
    .await
    .expect("answers");
    let tile = |x: u32, y: u32| tiles[(y / 256 * 4 + x / 256) as usize].as_ref();
    let off = (0..1024 * 1024)
        .map(|at| (at % 1024, at / 1024))
        .filter(|(x, y)| tile(*x, *y).is_some_and(|tile| tile.at(x % 256, y % 256) != whole.at(*x, *y)));
    assert_eq!(off.count(), 0);
    // Letters lie on both sides of a border.
    let inked = |x: u32| (0..1024).filter(|y| tile(x, *y).is_some() && whole.at(x, *y)[3] > 128).count();
    let across = [256, 512, 768].iter().filter(|x| inked(**x - 1) > 0 && inked(**x) > 0).count();
    assert!(across > 0, "no label crosses a border of tiles");
}
