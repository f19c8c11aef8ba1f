//! Requests in SOAP envelopes (OGC 09-025r2 clause 6.2.5.5 and annex D.4).

use super::*;
use base64::Engine;

const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

fn enveloped(soap: &str, request: &str) -> Answer {
    let body = format!(
        "<?xml version='1.0'?><s:Envelope xmlns:s='{soap}' xmlns:wfs='{WFS}' xmlns:fes='{FES}'><s:Header/><s:Body>{request}</s:Body></s:Envelope>"
    );
    post(&region().url("/wfs"), "application/soap+xml", body)
}

/// What stands in the body of an envelope.
#[track_caller]
fn inside<T>(answer: &Answer, soap: &str, look: impl FnOnce(Node<'_, '_>) -> T) -> T {
    let text = answer.text();
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert!(document.root_element().has_tag_name((soap, "Envelope")), "{text}");
    let body = document.descendants().find(|n| n.has_tag_name((soap, "Body"))).expect("a body");
    assert_eq!(body.children().filter(Node::is_element).count(), 1, "{text}");
    look(body.first_element_child().expect("an answer"))
}

#[test]
fn a_request_in_an_envelope_is_answered_in_one_of_the_same_version() {
    let request = format!(
        "<wfs:GetFeature service='WFS' version='2.0.0' count='3'><wfs:Query typeNames='{EVENTS}'/></wfs:GetFeature>"
    );
    for (soap, media_type) in
        [(SOAP_11, "text/xml; charset=utf-8"), (SOAP_12, "application/soap+xml; charset=utf-8")]
    {
        let answer = enveloped(soap, &request);
        assert_eq!((answer.status, answer.header("content-type")), (200, media_type));
        inside(&answer, soap, |collection| {
            assert!(collection.has_tag_name((WFS, "FeatureCollection")));
            assert_eq!(collection.attribute("numberReturned"), Some("3"));
        });
    }
    for request in ["GetCapabilities", "ListStoredQueries", "DescribeStoredQueries"] {
        let answer = enveloped(SOAP_12, &format!("<wfs:{request} service='WFS' version='2.0.0'/>"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        inside(&answer, SOAP_12, |answer| {
            assert_eq!(answer.tag_name().namespace(), Some(WFS), "{request}");
        });
    }
}

#[test]
fn a_long_answer_streams_in_its_envelope_whole() {
    let request = format!(
        "<wfs:GetFeature service='WFS' version='2.0.0'><wfs:Query typeNames='{COMMUNES}'/><wfs:Query typeNames='{PLACES}'/>\
         </wfs:GetFeature>"
    );
    let answer = enveloped(SOAP_11, &request);
    assert!(answer.body.len() > 100_000, "{}", answer.body.len());
    let members = inside(&answer, SOAP_11, |collection| {
        collection.descendants().filter(|n| n.has_tag_name((WFS, "member"))).count()
    });
    assert!(members > 200, "{members}");
}

#[test]
fn schemas_and_what_is_no_xml_stand_in_an_envelope_as_base64() {
    let decoded = |answer: &Answer, name: &str| {
        inside(answer, SOAP_12, |node| {
            assert!(node.has_tag_name((WFS, name)), "{:?}", node.tag_name());
            let text = node.text().expect("text").trim().to_owned();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
            String::from_utf8(bytes).expect("text")
        })
    };
    let request = format!(
        "<wfs:DescribeFeatureType service='WFS' version='2.0.0'><wfs:TypeName>{EVENTS}</wfs:TypeName></wfs:DescribeFeatureType>"
    );
    let schema = decoded(&enveloped(SOAP_12, &request), "DescribeFeatureTypeResponse");
    assert_eq!(schema, ask(&[("request", "DescribeFeatureType"), ("typeNames", EVENTS)]).text());
    let request = format!(
        "<wfs:GetFeature service='WFS' version='2.0.0' outputFormat='application/json'><wfs:Query typeNames='{PLACES}'/></wfs:GetFeature>"
    );
    let json = decoded(&enveloped(SOAP_12, &request), "GetFeatureResponse");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(json["features"].as_array().is_some_and(|f| f.len() > 100));
}

#[test]
fn an_error_is_a_fault_with_the_report_as_its_detail() {
    for (soap, detail) in [(SOAP_11, "detail"), (SOAP_12, "Detail")] {
        let answer = enveloped(
            soap,
            "<wfs:GetFeature service='WFS' version='2.0.0'><wfs:Query typeNames='nope'/></wfs:GetFeature>",
        );
        assert_eq!(answer.status, 400);
        inside(&answer, soap, |fault| {
            assert!(fault.has_tag_name((soap, "Fault")));
            let detail = fault.children().find(|n| n.tag_name().name() == detail).expect("a detail");
            let report = detail.first_element_child().expect("a report");
            assert_eq!(report.tag_name().name(), "ExceptionReport");
            let exception = report.first_element_child().expect("an exception");
            assert_eq!(exception.attribute("exceptionCode"), Some("InvalidParameterValue"));
        });
    }
    // Nobody edits here, and that is said in the envelope as well.
    let answer = enveloped(SOAP_11, "<wfs:Transaction service='WFS' version='2.0.0'/>");
    assert_eq!(answer.status, 501);
    inside(&answer, SOAP_11, |fault| assert!(fault.has_tag_name((SOAP_11, "Fault"))));
}

#[test]
fn an_envelope_that_holds_no_request_is_refused_and_hostile_ones_are_too() {
    for body in [
        format!("<s:Envelope xmlns:s='{SOAP_12}'/>"),
        format!("<s:Envelope xmlns:s='{SOAP_12}'><s:Body/></s:Envelope>"),
        format!(
            "<s:Envelope xmlns:s='{SOAP_12}'><s:Body><s:Envelope><s:Body/></s:Envelope></s:Body></s:Envelope>"
        ),
        format!(
            "<!DOCTYPE x [<!ENTITY e 'v'>]><s:Envelope xmlns:s='{SOAP_12}'><s:Body>&e;</s:Body></s:Envelope>"
        ),
        format!("<s:Envelope xmlns:s='{SOAP_12}'><s:Body>{}</s:Body></s:Envelope>", "<a>".repeat(5000)),
    ] {
        let answer = post(&region().url("/wfs"), "application/soap+xml", &body);
        assert_eq!(answer.status, 400, "{body:.80}: {}", answer.text());
    }
}
