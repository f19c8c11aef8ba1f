//! The `wfs:FeatureCollection` of WFS 1.1 around features in GML 3.1.1 (OGC 04-094 clause 9.3).

use super::writer::attribute;

const WFS_NAMESPACE: &str = "http://www.opengis.net/wfs";

/// The start tag of a collection; the features follow one by one as `gml:featureMember`.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// Prefix and URI of the feature types' namespaces.
    pub namespaces: Vec<(String, String)>,
    /// Namespace and schema address, pair by pair: `xsi:schemaLocation`.
    pub schema_locations: Vec<(String, String)>,
    /// When the answer was made, RFC 3339.
    pub time_stamp: String,
    /// Features in this answer, or those that match when only their number is asked for; left out when it
    /// isn't known.
    pub number_of_features: Option<u64>,
}

impl Collection {
    /// Appends the XML declaration and the start tag.
    pub fn head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:FeatureCollection");
        attribute("xmlns:wfs", WFS_NAMESPACE, out);
        attribute("xmlns:gml", super::gml2::NAMESPACE, out);
        attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", out);
        for (prefix, uri) in &self.namespaces {
            attribute(&format!("xmlns:{prefix}"), uri, out);
        }
        let pairs: Vec<String> =
            self.schema_locations.iter().map(|(uri, at)| format!("{uri} {at}")).collect();
        if !pairs.is_empty() {
            attribute("xsi:schemaLocation", &pairs.join(" "), out);
        }
        attribute("timeStamp", &self.time_stamp, out);
        if let Some(number) = self.number_of_features {
            attribute("numberOfFeatures", &number.to_string(), out);
        }
        out.extend_from_slice(b">\n");
    }

    /// Appends the end tag.
    pub fn end_tag(out: &mut Vec<u8>) {
        super::Collection::end_tag(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_says_how_many_features_it_has_when_that_is_known() {
        let text = |number_of_features| {
            let mut out = Vec::new();
            let namespaces = vec![("a".to_owned(), "http://a/?x&y".to_owned())];
            let collection = Collection { namespaces, number_of_features, ..Collection::default() };
            collection.head(&mut out);
            Collection::end_tag(&mut out);
            String::from_utf8(out).expect("utf-8")
        };
        let (known, unknown) = (text(Some(3)), text(None));
        let number = |text: &str| {
            let document = roxmltree::Document::parse(text).expect("well-formed");
            document.root_element().attribute("numberOfFeatures").map(str::to_owned)
        };
        assert_eq!(number(&known).as_deref(), Some("3"));
        assert_eq!(number(&unknown), None);
    }
}
