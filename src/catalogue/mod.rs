//! Metadata records: built from the stored facts, written as ISO 19139 and Dublin Core when something
//! changes, searched by typed columns, served as stored bytes.
