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
