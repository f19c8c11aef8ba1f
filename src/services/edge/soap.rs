//! SOAP 1.1 and 1.2 envelopes around requests, and faults (OGC 09-025r2 clause 6.2.5.5, OGC 07-057r7 clause 9). What is
//! within is an XML request like any other.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use roxmltree::{Document, Node};

const NAMESPACE_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const NAMESPACE_12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// What ends an answer that begins with [`Envelope::head`].
pub const TAIL: &str = "</soap:Body></soap:Envelope>\n";

/// A version of SOAP that a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// SOAP 1.1.
    V11,
    /// SOAP 1.2.
    V12,
}

impl Envelope {
    /// Whether a text may be an envelope: most requests are none and needn't be parsed for this.
    #[must_use]
    pub fn may_be(text: &str) -> bool {
        text.contains(NAMESPACE_11) || text.contains(NAMESPACE_12)
    }

    /// The envelope that a document is, with the request in its body; `None` when it is none, and no request where
    /// the body is empty or missing.
    #[must_use]
    pub fn open<'a, 'input>(document: &'a Document<'input>) -> Option<(Self, Option<Node<'a, 'input>>)> {
        let root = document.root_element();
        let envelope = match (root.tag_name().name(), root.tag_name().namespace()) {
            ("Envelope", Some(NAMESPACE_11)) => Self::V11,
            ("Envelope", Some(NAMESPACE_12)) => Self::V12,
            _ => return None,
        };
        let body = root.children().find(|n| n.has_tag_name((envelope.namespace(), "Body")));
        Some((envelope, body.and_then(|body| body.first_element_child())))
    }

    const fn namespace(self) -> &'static str {
        match self {
            Self::V11 => NAMESPACE_11,
            Self::V12 => NAMESPACE_12,
        }
    }

    /// Media type of the answers.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml; charset=utf-8",
            Self::V12 => "application/soap+xml; charset=utf-8",
        }
    }

    /// What an answer begins with, up to its body.
    #[must_use]
    pub fn head(self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"{}\"><soap:Body>\n",
            self.namespace()
        )
    }

    /// An error as a fault with the exception report as its detail: `plain` is the answer without envelope, `report` its
    /// document.
    #[must_use]
    pub fn fault(self, plain: &HttpResponse, report: &str) -> HttpResponse {
        let status = plain.status();
        let is_server = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        let report = undeclared(report);
        let (reason, mut body) = ("the request can't be answered; the detail says why", self.head());
        match self {
            Self::V11 => {
                let code = if is_server { "Server" } else { "Client" };
                body.push_str(&format!(
                    "<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{reason}</faultstring>\n\
                     <detail>{report}</detail></soap:Fault>"
                ));
            }
            Self::V12 => {
                let code = if is_server { "Receiver" } else { "Sender" };
                body.push_str(&format!(
                    "<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>\
                     <soap:Reason><soap:Text xml:lang=\"en\">{reason}</soap:Text></soap:Reason>\n\
                     <soap:Detail>{report}</soap:Detail></soap:Fault>"
                ));
            }
        }
        body.push_str(TAIL);
        let mut response = HttpResponse::build(status);
        for (name, value) in plain.headers().iter().filter(|(n, _)| *n != header::CONTENT_TYPE) {
            response.append_header((name, value));
        }
        response.content_type(self.media_type()).body(body)
    }
}

/// A document without its XML declaration, as it may stand in another.
#[must_use]
pub fn undeclared(document: &str) -> &str {
    let text = document.trim_start();
    if !text.starts_with("<?xml") {
        return text;
    }
    text.split_once("?>").map_or(text, |(_, rest)| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_told_from_documents_that_are_no_envelope() {
        for (namespace, expected) in [(NAMESPACE_11, Envelope::V11), (NAMESPACE_12, Envelope::V12)] {
            let text =
                format!("<s:Envelope xmlns:s='{namespace}'><s:Header/><s:Body><a/></s:Body></s:Envelope>");
            assert!(Envelope::may_be(&text));
            let document = Document::parse(&text).expect("well-formed");
            let (envelope, request) = Envelope::open(&document).expect("an envelope");
            assert_eq!((envelope, request.map(|r| r.tag_name().name())), (expected, Some("a")));
            let empty = format!("<s:Envelope xmlns:s='{namespace}'/>");
            let document = Document::parse(&empty).expect("well-formed");
            assert!(Envelope::open(&document).is_some_and(|(_, request)| request.is_none()));
        }
        let document = Document::parse("<Envelope xmlns='urn:other'/>").expect("well-formed");
        assert!(Envelope::open(&document).is_none());
    }

    #[test]
    fn a_declaration_goes_and_the_rest_stays() {
        assert_eq!(undeclared("<?xml version=\"1.0\"?>\n<a>?></a>"), "<a>?></a>");
        assert_eq!(undeclared("<a/>"), "<a/>");
    }
}
