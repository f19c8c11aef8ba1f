//! Styles that a request of WMS brings with it.

use crate::picture::Picture;
use crate::support::{self, TestServer, get, post};
use crate::wms::{THREE, error, rule, squares, style};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Bright colours in the middle of the three squares: red, green, blue, or white where nothing is drawn.
fn middles(bytes: &[u8]) -> String {
    let picture = Picture::decode(bytes);
    let letter = |x: u32| match picture.at(x, 100) {
        [255, 0, 0, _] => 'r',
        [0, 255, 0, _] => 'g',
        [0, 0, 255, _] => 'b',
        [255, 255, 255, _] => '-',
        other => panic!("{other:?} at {x}"),
    };
    [100, 200, 300].map(letter).into_iter().collect()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn layer(name: &str, styles: &str) -> String {
    format!("<NamedLayer><Name>{name}</Name>{styles}</NamedLayer>")
}

fn user_style(name: &str, more: &str, rules: &str) -> String {
    format!("<UserStyle><Name>{name}</Name>{more}<FeatureTypeStyle>{rules}</FeatureTypeStyle></UserStyle>")
}

fn only(genre: &str) -> String {
    format!(
        "<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>genre</ogc:PropertyName><ogc:Literal>{genre}\
         </ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>"
    )
}

fn document(layers: &str) -> String {
    format!(
        "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\">{layers}</StyledLayerDescriptor>"
    )
}

/// The address of the map of three squares with parameters in the place of its own, or beside them.
fn changed(base: &str, more: &str) -> String {
    let mut address = format!("{base}{THREE}");
    if more.starts_with("&LAYERS=") {
        address = address.replace("&LAYERS=essai", "");
    }
    if more.starts_with("&STYLES=") {
        address = address.replace("&STYLES=&", "&");
    }
    address + more
}

/// A server whose layer is drawn in red unless told otherwise.
async fn red() -> (TestServer, support::TestDatabase, tempfile::TempDir) {
    squares(&style(&rule("", "#ff0000"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_is_drawn_in_the_styles_that_the_request_brings() {
    let (server, _database, _folder) = red().await;
    let base = server.base.clone();
    let check = move || {
        let green = rule("", "#00ff00");
        let blue_a = rule(&only("a"), "#0000ff");
        let map = |more: &str, sld: &str| {
            let address = format!("{}&SLD_BODY={}", changed(&base, more), encoded(sld));
            let answer = get(&address);
            assert_eq!(answer.status, 200, "{}", answer.text());
            middles(&answer.body)
        };
        let library = |styles: &str| document(&layer("essai", styles));
        assert_eq!(map("", &library(&user_style("vert", "", &green))), "ggg");
        // By name; the default when none is named; the server's own where the document has none of the name.
        let two = [user_style("vert", "", &green), user_style("bleu", "<IsDefault>1</IsDefault>", &blue_a)]
            .concat();
        assert_eq!(map("", &library(&two)), "b--");
        assert_eq!(map("&STYLES=vert", &library(&two)), "ggg");
        assert_eq!(map("&STYLES=default", &library(&two)), "rrr");
        assert_eq!(map("", &document(&layer("autre", &user_style("vert", "", &green)))), "rrr");
        // What the document lets through, and what the request lets through, both count.
        let constrained = |condition: &str, styles: &str| {
            let constraint = format!(
                "<LayerFeatureConstraints><FeatureTypeConstraint>{condition}</FeatureTypeConstraint>\
                 </LayerFeatureConstraints>"
            );
            library(&format!("{constraint}{styles}"))
        };
        assert_eq!(map("", &constrained(&only("b"), "")), "-r-");
        assert_eq!(map("", &constrained("", "")), "rrr");
        let style = user_style("vert", "", &green);
        assert_eq!(map("&CQL_FILTER=genre%3C%3E'a'", &constrained(&only("b"), &style)), "-g-");
        assert_eq!(map("&CQL_FILTER=genre='a'", &constrained(&only("b"), &style)), "---");
        // Without LAYERS the document is the map, from the bottom to the top.
        let whole =
            document(&[layer("essai", &style), layer("essai", &user_style("", "", &blue_a))].concat());
        assert_eq!(map("&LAYERS=", &whole), "bgg");
        let named = layer("essai", "<NamedStyle><Name>default</Name></NamedStyle>");
        assert_eq!(map("&LAYERS=", &document(&named)), "rrr");
        assert_eq!(map("&LAYERS=", &document(&layer("essai", &two))), "bgg");
        assert_eq!(map("&LAYERS=", &document(&layer("essai", ""))), "rrr");
    };
    tokio::task::spawn_blocking(check).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn maps_of_brought_styles_are_told_apart_and_their_legends_and_infos_follow() {
    let (server, _database, _folder) = red().await;
    let base = server.base.clone();
    let check = move || {
        let sld = |color: &str| document(&layer("essai", &user_style("s", "", &rule("", color))));
        let tag = |sld: &str| {
            let answer = get(&format!("{base}{THREE}&SLD_BODY={}", encoded(sld)));
            (answer.header("etag").to_owned(), middles(&answer.body))
        };
        let (green, drawn) = tag(&sld("#00ff00"));
        assert_eq!(drawn, "ggg");
        assert_eq!(tag(&sld("#00ff00")).0, green);
        let (blue, drawn) = tag(&sld("#0000ff"));
        assert_eq!(drawn, "bbb");
        assert_ne!(green, blue);
        let legend = "/wms?SERVICE=WMS&REQUEST=GetLegendGraphic&VERSION=1.3.0&LAYER=essai&FORMAT=image/png";
        let legend = get(&format!("{base}{legend}&SLD_BODY={}", encoded(&sld("#00ff00"))));
        assert_eq!(legend.status, 200, "{}", legend.text());
        assert!(Picture::decode(&legend.body).count(|p| p[..3] == [0, 255, 0]) > 50);
        let info = format!("{base}{THREE}&QUERY_LAYERS=essai&INFO_FORMAT=application/geo%2Bjson&I=100&J=100")
            .replace("GetMap", "GetFeatureInfo");
        let info = get(&format!("{info}&SLD_BODY={}", encoded(&sld("#00ff00"))));
        assert_eq!(info.json()["features"][0]["properties"]["genre"], "a");
    };
    tokio::task::spawn_blocking(check).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_get_map_is_the_map_of_its_parameters() {
    let (server, _database, _folder) = red().await;
    let base = server.base.clone();
    let check = move || {
        let address = format!("{base}/wms");
        let sld = |name: &str| document(&layer(name, &user_style("vert", "", &rule(&only("b"), "#00ff00"))));
        let posted = |address: &str, body: &str| post(address, "text/xml; charset=utf-8", body.as_bytes());
        let new = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><GetMap version=\"1.3.0\" service=\"WMS\" \
             xmlns=\"http://www.opengis.net/sld\" xmlns:ows=\"http://www.opengis.net/ows\" \
             xmlns:wms=\"http://www.opengis.net/wms\">{}<CRS>EPSG:2154</CRS><BoundingBox crs=\"EPSG:2154\">\
             <ows:LowerCorner>899950 6249950</ows:LowerCorner><ows:UpperCorner>900350 6250150</ows:UpperCorner>\
             </BoundingBox><Output><Size><Width>400</Width><Height>200</Height></Size>\
             <wms:Format>image/png</wms:Format><Transparent>true</Transparent></Output>\
             <Exceptions>XML</Exceptions></GetMap>",
            sld("essai")
        );
        let answer = posted(&address, &new);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let picture = Picture::decode(&answer.body);
        assert_eq!((picture.width, picture.height), (400, 200));
        assert_eq!([100, 200, 300].map(|x| picture.at(x, 100)[3]), [0, 255, 0]);
        let old = format!(
            "<ogc:GetMap version=\"1.1.1\" service=\"WMS\" xmlns:ogc=\"http://www.opengis.net/ows\" \
             xmlns:gml=\"http://www.opengis.net/gml\">{}<BoundingBox srsName=\"http://www.opengis.net/gml/srs/\
             epsg.xml#2154\"><gml:coord><gml:X>899950</gml:X><gml:Y>6249950</gml:Y></gml:coord><gml:coord>\
             <gml:X>900350</gml:X><gml:Y>6250150</gml:Y></gml:coord></BoundingBox><Output><Format>image/png\
             </Format><Transparent>false</Transparent><Size><Width>400</Width><Height>200</Height></Size>\
             </Output></ogc:GetMap>",
            sld("essai")
        );
        let answer = posted(&address, &old);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(middles(&answer.body), "-g-");
        // A document of styles alone, for a map that the address describes.
        assert_eq!(middles(&posted(&format!("{base}{THREE}"), &sld("essai")).body), "-g-");
        error(&posted(&address, &new.replace("899950 ", "")), "InvalidParameterValue");
        let text = error(&posted(&address, &new.replace("essai", "ailleurs")), "LayerNotDefined");
        assert!(text.contains("ailleurs"), "{text}");
        for (body, words) in [
            ("<GetMap><Elsewhere/></GetMap>", "Elsewhere"),
            ("<GetMap><BoundingBox/></GetMap>", "BoundingBox"),
            ("<GetMap/>", "StyledLayerDescriptor"),
            ("<Transaction/>", "Transaction"),
            ("<GetMap", "can't be read"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><GetMap>&b;</GetMap>", "document type"),
        ] {
            let answer = posted(&address, body);
            let text = answer.text();
            assert!(answer.status == 400 && text.contains("<ServiceException"), "{body}: {text}");
            assert!(text.replace("&apos;", "'").contains(words), "{body}: {text}");
        }
    };
    tokio::task::spawn_blocking(check).await.expect("checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_cannot_be_drawn_are_refused_with_the_place_and_the_reason() {
    let (server, _database, _folder) = red().await;
    let base = server.base.clone();
    let check = move || {
        let refused = |code: &str, sld: &str| {
            let body = format!("SLD_BODY={}", encoded(sld));
            let answer =
                post(&format!("{base}{THREE}"), "application/x-www-form-urlencoded", body.as_bytes());
            error(&answer, code).replace("&apos;", "'").replace("&lt;", "<")
        };
        let own = |rules: &str| document(&layer("essai", &user_style("s", "", rules)));
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        let thousands = layer("essai", "").repeat(10_000);
        for (sld, words) in [
            ("nothing".to_owned(), "line 1, column 1"),
            ("<Style/>".to_owned(), "StyledLayerDescriptor"),
            (document(""), "NamedLayer"),
            (document("<NamedLayer/>"), "Name"),
            (document("<UserLayer/>"), "data of its own"),
            (own(""), "no Rule"),
            (own("<Rule>\n<PolygonSymbolizer><Fill><Oops/></Fill></PolygonSymbolizer></Rule>"), "line 2"),
            (
                own("<Rule><PolygonSymbolizer><Fill><GraphicFill/></Fill></PolygonSymbolizer></Rule>"),
                "GraphicFill",
            ),
            (own(&rule(&only("a").replace("genre", "couleur"), "#00ff00")), "couleur"),
            (own(&rule("", "javascript:alert(1)")), "#rrggbb"),
            (own(&deep), "'a'"),
            (own(&rule(&format!("<ogc:Filter>{deep}</ogc:Filter>"), "#00ff00")), "line 1"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><StyledLayerDescriptor/>".to_owned(), "DTD"),
        ] {
            let text = refused("InvalidParameterValue", &sld);
            assert!(text.contains("SLD_BODY") && text.contains(words), "{words}: {text}");
        }
        let many = post(
            &changed(&base, "&LAYERS="),
            "application/x-www-form-urlencoded",
            format!("SLD_BODY={}", encoded(&document(&thousands))).as_bytes(),
        );
        assert!(error(&many, "InvalidParameterValue").contains("at most"));
        let unknown = document(&layer("essai", "<NamedStyle><Name>nuit</Name></NamedStyle>"));
        let answer = get(&format!("{}&SLD_BODY={}", changed(&base, "&LAYERS="), encoded(&unknown)));
        assert!(error(&answer, "StyleNotDefined").contains("nuit"));
        let elsewhere = get(&format!("{base}{THREE}&SLD=http%3A%2F%2F127.0.0.1%2Fa.sld"));
        assert!(error(&elsewhere, "OperationNotSupported").contains("SLD_BODY"));
    };
    tokio::task::spawn_blocking(check).await.expect("checked");
}
