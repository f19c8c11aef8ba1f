//! WMTS in XML, plain and in SOAP envelopes (OGC 07-057r7 clause 9).

use super::{blocking, serve};
use crate::support::{self, Answer, get, post};
use base64::Engine;
use roxmltree::Document;

const WMTS: &str = "http://www.opengis.net/wmts/1.0";
const SOAP: [&str; 2] =
    ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];

const TILE: &str = "<GetTile xmlns='http://www.opengis.net/wmts/1.0' service='WMTS' version='1.0.0'><Layer>essai</Layer>\
    <Style>default</Style><Format>image/png</Format><TileMatrixSet>LAMB93_10cm</TileMatrixSet><TileMatrix>12</TileMatrix>\
    <TileRow>438</TileRow><TileCol>68</TileCol></GetTile>";

fn envelope(namespace: &str, request: &str) -> String {
    format!(
        "<?xml version='1.0'?><e:Envelope xmlns:e='{namespace}'><e:Header/><e:Body>{request}</e:Body></e:Envelope>"
    )
}

fn send(base: &str, body: &str) -> Answer {
    post(&format!("{base}/wmts"), "text/xml", body)
}

/// The text of the only element of a name.
fn text(document: &Document<'_>, name: &str) -> String {
    let found = document.descendants().find(|n| n.tag_name().name() == name);
    found.and_then(|n| n.text()).unwrap_or_else(|| panic!("no {name}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_by_soap_or_plain_xml_is_the_tile_by_its_address() {
    let (server, _database, _folder) = serve(support::config()).await;
    let base = server.base.clone();
    blocking(move || {
        let plain = get(&format!("{base}/wmts/1.0.0/essai/default/LAMB93_10cm/12/438/68.png"));
        assert_eq!(plain.status, 200, "{}", plain.text());
        let by_xml = send(&base, TILE);
        assert_eq!((by_xml.status, by_xml.header("content-type")), (200, "image/png"));
        assert_eq!(by_xml.body, plain.body);
        for (namespace, media_type) in SOAP.into_iter().zip(["text/xml", "application/soap+xml"]) {
            let answer = send(&base, &envelope(namespace, TILE));
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert!(answer.header("content-type").starts_with(media_type));
            let body = answer.text();
            let document = Document::parse(&body).expect("XML");
            assert_eq!(document.root_element().tag_name().namespace(), Some(namespace));
            assert!(document.descendants().any(|n| n.has_tag_name((WMTS, "BinaryPayload"))));
            assert_eq!(text(&document, "Format"), "image/png");
            let bytes = base64::engine::general_purpose::STANDARD.decode(text(&document, "BinaryContent"));
            assert_eq!(bytes.expect("Base64"), plain.body);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_and_what_lies_under_a_pixel_come_in_envelopes_too() {
    let (server, _database, _folder) = serve(support::config()).await;
    let base = server.base.clone();
    blocking(move || {
        let asked = "<GetCapabilities xmlns='http://www.opengis.net/wmts/1.0' xmlns:o='http://www.opengis.net/ows/1.1' \
            service='WMTS'><o:AcceptVersions><o:Version>1.0.0</o:Version></o:AcceptVersions>\
            <o:Sections><o:Section>OperationsMetadata</o:Section></o:Sections></GetCapabilities>";
        let answer = send(&base, &envelope(SOAP[1], asked)).text();
        let document = Document::parse(&answer).expect("XML");
        assert!(document.descendants().any(|n| n.has_tag_name((WMTS, "Capabilities"))));
        assert!(answer.contains("<ows:Value>SOAP</ows:Value>") && !answer.contains("<Contents>"));

        let info = |format: &str| {
            format!(
                "<GetFeatureInfo xmlns='http://www.opengis.net/wmts/1.0' service='WMTS' version='1.0.0'>{TILE}\
                 <J>166</J><I>180</I><InfoFormat>{format}</InfoFormat></GetFeatureInfo>"
            )
        };
        let answer = send(&base, &envelope(SOAP[0], &info("application/json"))).text();
        let document = Document::parse(&answer).expect("XML");
        assert_eq!(text(&document, "Format"), "application/json");
        let found: serde_json::Value = serde_json::from_str(&text(&document, "TextContent")).expect("JSON");
        let address = format!("{base}/wmts/1.0.0/essai/default/LAMB93_10cm/12/438/68/166/180.json");
        assert_eq!(found["features"].as_array().map(Vec::len), Some(1));
        assert_eq!(found["features"], get(&address).json()["features"]);
        let answer = send(&base, &envelope(SOAP[0], &info("text/xml"))).text();
        let document = Document::parse(&answer).expect("XML");
        let any = document.descendants().find(|n| n.has_tag_name((WMTS, "AnyContent"))).expect("content");
        assert!(any.first_element_child().is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_comes_back_as_a_fault_with_the_report_inside() {
    let (server, _database, _folder) = serve(support::config()).await;
    let base = server.base.clone();
    blocking(move || {
        let cases = [
            (TILE.replace(">438<", ">1<"), "TileOutOfRange"),
            (TILE.replace(">essai<", ">nulle<"), "InvalidParameterValue"),
            (TILE.replace("<Format>image/png</Format>", ""), "MissingParameterValue"),
            (TILE.replace("service='WMTS'", ""), "MissingParameterValue"),
            (
                "<GetMap xmlns='http://www.opengis.net/wmts/1.0' service='WMTS'/>".to_owned(),
                "InvalidParameterValue",
            ),
            ("<GetTile xmlns='urn:other'/>".to_owned(), "InvalidParameterValue"),
            (String::new(), "NoApplicableCode"),
        ];
        for (request, code) in &cases {
            for (namespace, client) in SOAP.into_iter().zip(["Client", "Sender"]) {
                let answer = send(&base, &envelope(namespace, request));
                let body = answer.text();
                assert_eq!(answer.status, 400, "{body}");
                let document = Document::parse(&body).expect("XML");
                let fault =
                    document.descendants().find(|n| n.has_tag_name((namespace, "Fault"))).expect("a fault");
                assert!(body.contains(&format!("soap:{client}")), "{body}");
                let exception =
                    fault.descendants().find(|n| n.tag_name().name() == "Exception").expect("a report");
                assert_eq!(exception.attribute("exceptionCode"), Some(*code), "{request}");
            }
        }
        // Without an envelope the report stands alone; neither a DTD nor depth gets through.
        for body in [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(),
            format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000)),
            "<GetTile".to_owned(),
            "<a/>".to_owned(),
        ] {
            let answer = send(&base, &body);
            assert_eq!(answer.status, 400);
            assert!(answer.text().contains("<ows:ExceptionReport"), "{}", answer.text());
        }
    })
    .await;
}
