//! Bodies of POST.

use super::{Client, Protocol, all_of, judge, rows};
use crate::support::region;
use std::fmt::Write as _;

const WFS: &str = "http://www.opengis.net/wfs/2.0";
const WFS_11: &str = "http://www.opengis.net/wfs";
const CSW: &str = "http://www.opengis.net/cat/csw/2.0.2";
const CSW_30: &str = "http://www.opengis.net/cat/csw/3.0";

/// A filter nested deep.
fn deep(depth: usize) -> String {
    format!(
        "<f:Filter xmlns:f=\"http://www.opengis.net/fes/2.0\">{}<f:PropertyIsNull><f:ValueReference>nom</f:ValueReference></f:PropertyIsNull>{}</f:Filter>",
        "<f:Not>".repeat(depth),
        "</f:Not>".repeat(depth)
    )
}

fn laughs() -> String {
    let mut text = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">".to_owned();
    for n in 1..10 {
        let last = if n == 1 { "lol".to_owned() } else { format!("lol{}", n - 1) };
        let _ = write!(text, "<!ENTITY lol{n} \"{}\">", format!("&{last};").repeat(10));
    }
    text + "]><GetFeature xmlns=\"http://www.opengis.net/wfs/2.0\" service=\"WFS\" version=\"2.0.0\"><Query typeNames=\"&lol9;\"/></GetFeature>"
}

fn get_feature(inside: &str) -> String {
    format!(
        "<GetFeature xmlns=\"{WFS}\" service=\"WFS\" version=\"2.0.0\"><Query typeNames=\"equipements\">{inside}</Query></GetFeature>"
    )
}

fn get_records(inside: &str) -> String {
    format!(
        "<GetRecords xmlns=\"{CSW}\" service=\"CSW\" version=\"2.0.2\" resultType=\"results\"><Query typeNames=\"Record\"><ElementSetName>brief</ElementSetName><Constraint version=\"1.1.0\">{inside}</Constraint></Query></GetRecords>"
    )
}

fn get_feature_11(inside: &str) -> String {
    format!(
        "<GetFeature xmlns=\"{WFS_11}\" service=\"WFS\" version=\"1.1.0\"><Query typeName=\"equipements\">{inside}</Query></GetFeature>"
    )
}

/// A filter of 1.1 nested deep.
fn deep_11(depth: usize) -> String {
    deep(depth).replace("fes/2.0", "ogc").replace("ValueReference", "PropertyName")
}

fn get_records_30(attributes: &str, inside: &str) -> String {
    format!(
        "<GetRecords xmlns=\"{CSW_30}\" service=\"CSW\" version=\"3.0.0\"{attributes}><Query typeNames=\"Record\"><ElementSetName>brief</ElementSetName><Constraint version=\"1.1.0\">{inside}</Constraint></Query></GetRecords>"
    )
}

/// Bodies that must be refused, under a name.
fn bad() -> Vec<(&'static str, Vec<u8>)> {
    let external = "<!DOCTYPE x [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><GetFeature><Query typeNames=\"";
    let mut latin: Vec<u8> = latin.as_bytes().to_vec();
    latin.extend([0xe9, 0xe8]);
    latin.extend_from_slice(b"\"/></GetFeature>");
    let many: String = "<a>".repeat(10_000);
    vec![
        ("empty", Vec::new()),
        ("space", b"   \n".to_vec()),
        ("text", b"just some text".to_vec()),
        ("nul", b"<GetFeature\0/>".to_vec()),
        ("json", b"{\"a\":1}".to_vec()),
        ("cut", get_feature("").as_bytes()[..60].to_vec()),
        ("two roots", b"<a/><b/>".to_vec()),
        ("laughs", laughs().into_bytes()),
        ("external", format!("{external}{}", get_feature("&x;")).into_bytes()),
        ("undefined entity", get_feature("&x;").into_bytes()),
        ("wrong root", b"<Nonsense/>".to_vec()),
        ("wrong root in namespace", format!("<Nonsense xmlns=\"{WFS}\" service=\"WFS\"/>").into_bytes()),
        ("unclosed deep", many.into_bytes()),
        ("deep elements", format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)).into_bytes()),
        ("latin", latin),
        ("utf-16", "<GetFeature/>".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("no namespace", get_feature("").replace(&format!(" xmlns=\"{WFS}\""), "").into_bytes()),
        ("no version", "<GetFeature xmlns=\"urn:x\" service=\"WFS\"/>".into()),
        ("foreign version", get_feature("").replace("2.0.0", "1.1.0").into_bytes()),
        ("two versions", get_feature_11("").replace("1.1.0", "2.0.0").into_bytes()),
        ("cut 1.1", get_feature_11("").as_bytes()[..60].to_vec()),
        ("undefined entity 1.1", get_feature_11("&x;").into_bytes()),
        ("external 1.1", format!("{external}{}", get_feature_11("&x;")).into_bytes()),
        (
            "filter of 2.0 in 1.1",
            get_feature_11("<Filter xmlns=\"http://www.opengis.net/fes/2.0\"><Nope/></Filter>").into_bytes(),
        ),
        ("deep filter wfs 1.1", get_feature_11(&deep_11(10_000)).into_bytes()),
        ("many positions", get_feature_11(&format!(
            "<Filter xmlns=\"http://www.opengis.net/ogc\"><Intersects><PropertyName>geom</PropertyName><LineString xmlns=\"http://www.opengis.net/gml\" srsName=\"EPSG:4326\"><posList>{}</posList></LineString></Intersects></Filter>",
            "5 43 6 44 ".repeat(30_000)
        )).into_bytes()),
        ("lock", format!("<LockFeature xmlns=\"{WFS_11}\" service=\"WFS\" version=\"1.1.0\"/>").into_bytes()),
        ("records 3.0 of no type", get_records_30("", "").replace("Record\"", "Nope\"").into_bytes()),
        ("deep filter csw 3.0", get_records_30("", &deep(10_000)).into_bytes()),
        ("external csw 3.0", format!("{external}{}", get_records_30("", "&x;")).into_bytes()),
        ("harvest", format!("<Harvest xmlns=\"{CSW_30}\" service=\"CSW\" version=\"3.0.0\"/>").into_bytes()),
        ("wmts", "<GetTile xmlns=\"http://www.opengis.net/wmts/1.0\" service=\"WMTS\"/>".into()),
        (
            "transaction",
            format!("<Transaction xmlns=\"{WFS}\" service=\"WFS\" version=\"2.0.0\"/>").into_bytes(),
        ),
        ("20 MB", format!("<!--{}-->{}", "x".repeat(20 << 20), get_feature("")).into_bytes()),
        ("deep filter wfs", get_feature(&deep(10_000)).into_bytes()),
        ("deep filter csw", get_records(&deep(10_000)).into_bytes()),
        (
            "many attributes",
            format!("<GetFeature {}/>", (0..20_000).map(|n| format!("a{n}=\"\" ")).collect::<String>())
                .into_bytes(),
        ),
        ("percent", b"SERVICE=WFS&REQUEST=%zz".to_vec()),
    ]
}

#[test]
fn bad_bodies_are_refused_in_the_protocols_form() {
    let before = rows();
    let mut cases = Vec::new();
    for (name, body) in bad() {
        for media in [
            "text/xml",
            "application/xml; charset=ISO-8859-1",
            "application/x-www-form-urlencoded",
            "text/plain",
        ] {
            for (path, protocol) in [
                ("/wfs", Protocol::Ows),
                ("/csw", Protocol::Ows),
                ("/wms", Protocol::Wms),
                ("/wmts", Protocol::Ows),
            ] {
                if body.len() < 1 << 20 || media == "text/xml" {
                    cases.push((name, body.clone(), media, path, protocol));
                }
            }
        }
    }
    all_of(&cases, |client, (name, body, media, path, protocol)| {
        let told = |what: String| format!("{name} as {media} to {path}: {what}");
        let answer = match client.post(&region().url(path), media, body) {
            // Who refuses a body by its length need not read it (RFC 9110 section 15.5.14).
            Err(what) if body.len() > 16 << 20 && (what.contains("pipe") || what.contains("reset")) => {
                return Ok(());
            }
            answer => answer.map_err(told)?,
        };
        // A CSW asked for nothing tells what it is, as it does at its bare address.
        let nothing = matches!(*name, "empty" | "space") && *path == "/csw";
        if answer.status < 400 && !nothing {
            return Err(told(format!("accepted: {:.300}", answer.text())));
        }
        if answer.text().contains("root:") {
            return Err(told("read a file".to_owned()));
        }
        // A body too large, or of a kind that the service doesn't take, may be refused before it is read.
        if matches!(answer.status, 413 | 415) && answer.header("content-type") == "application/problem+json" {
            return Ok(());
        }
        judge(*protocol, &answer).map_err(told)
    });
    assert_eq!(rows(), before);
}

#[test]
fn odd_bodies_that_mean_something_are_answered() {
    let client = Client::new();
    let filter = deep(20);
    for (path, body) in [
        ("/wfs", format!("\u{feff}{}", get_feature(&filter))),
        ("/wfs", get_feature_11(&deep_11(20))),
        ("/wfs", get_feature_11("").replace(" version=\"1.1.0\"", "")),
        ("/csw", get_records_30("", &filter.replace(">nom<", ">AnyText<"))),
        (
            "/csw",
            get_records_30(" outputFormat=\"application/atom+xml\"", &filter.replace(">nom<", ">AnyText<")),
        ),
        ("/csw", format!("\u{feff}\n{}", get_records(&filter.replace(">nom<", ">AnyText<")))),
    ] {
        let answer = client.post(&region().url(path), "text/xml", body.as_bytes()).expect("an answer");
        judge(Protocol::Ows, &answer).unwrap_or_else(|what| panic!("{path} {body}: {what}"));
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
    }
}

#[test]
fn lists_of_any_length_are_answered_or_refused() {
    let many = |item: &str| vec![item; 50_000].join(",");
    let numbered = |before: &str| (0..50_000).map(|n| format!("{before}{n}")).collect::<Vec<_>>().join(",");
    let wfs = "service=WFS&request=GetFeature&maxFeatures=1";
    let csw = "service=CSW&version=3.0.0&request=GetRecords";
    let forms = [
        ("/wfs", format!("{wfs}&version=1.1.0&typeName={}", many("communes"))),
        ("/wfs", format!("{wfs}&version=2.0.0&typeNames={}", many("communes"))),
        ("/wfs", format!("{wfs}&version=1.1.0&featureId={}", numbered("communes."))),
        ("/wfs", format!("{wfs}&version=1.1.0&featureId={}", numbered("communes"))),
        ("/wfs", format!("{wfs}&version=1.1.0&typeName=communes&propertyName={}", many("nom"))),
        ("/wfs", format!("{wfs}&version=1.1.0&typeName=communes&sortBy={}", many("nom%20D"))),
        ("/wfs", format!("{wfs}&version=1.1.0&typeName=communes&bbox={}", many("1"))),
        (
            "/wfs",
            format!("service=WFS&version=1.1.0&request=DescribeFeatureType&typeName={}", many("communes")),
        ),
        ("/csw", format!("{csw}&q={}", numbered("a"))),
        ("/csw", format!("{csw}&q={}", "a".repeat(500_000))),
        ("/csw", format!("{csw}&recordIds={}", numbered(""))),
        ("/csw", format!("{csw}&elementName={}", many("dc:title"))),
        ("/csw", format!("{csw}&elementName={}", numbered("dc:x"))),
        ("/csw", format!("{csw}&sortBy={}", many("dc:title:A"))),
        ("/csw", format!("{csw}&bbox={}", many("1"))),
        ("/csw", format!("service=CSW&version=2.0.2&request=GetRecordById&id={}", numbered(""))),
        ("/csw", format!("service=CSW&version=3.0.0&request=GetCapabilities&sections={}", many("All"))),
        ("/wmts", format!("service=WMTS&request=GetCapabilities&sections={}", many("Contents"))),
        ("/wmts", format!("service=WMTS&version=1.0.0&request=GetTile&layer={}", numbered("communes"))),
    ];
    all_of(&forms, |client, (path, form)| {
        let told = |what: String| format!("{path} {form:.120}: {what}");
        let media = "application/x-www-form-urlencoded";
        let answer = client.post(&region().url(path), media, form.as_bytes()).map_err(told)?;
        judge(Protocol::Ows, &answer).map_err(told)
    });
}
