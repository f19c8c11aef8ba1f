//! The parts of a package that tell what the sheets are (ECMA-376 part 2 and part 1 clause 18.2).

use crate::formats::gml::push_escaped;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const PARTS: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Numbers of the formats in [`STYLES`].
pub(super) mod style {
    /// Bold, for names of columns.
    pub(crate) const NAME: u32 = 1;
    /// A day.
    pub(crate) const DATE: u32 = 2;
    /// An instant.
    pub(crate) const TIMESTAMP: u32 = 3;
    /// A time of day.
    pub(crate) const TIME: u32 = 4;
}

/// Formats of cells (clause 18.8).
const STYLES: &str = "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
<numFmts count=\"3\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/>\
<numFmt numFmtId=\"165\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss\"/>\
<numFmt numFmtId=\"166\" formatCode=\"hh:mm:ss\"/></numFmts>\
<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
<font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>\
<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
<cellXfs count=\"5\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
<xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
<xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
<xf numFmtId=\"166\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs>\
<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>";

/// Where a sheet lies in the package; sheets count from 1.
pub(super) fn sheet_path(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// All parts but the sheets, with their paths.
pub(super) fn parts(sheets: &[String]) -> Vec<(&'static str, String)> {
    vec![
        ("[Content_Types].xml", content_types(sheets.len())),
        (
            "_rels/.rels",
            relations(&format!(
                "<Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/>"
            )),
        ),
        ("xl/workbook.xml", workbook(sheets)),
        ("xl/_rels/workbook.xml.rels", workbook_relations(sheets.len())),
        ("xl/styles.xml", format!("{HEAD}{STYLES}")),
    ]
}

fn content_types(sheets: usize) -> String {
    let kind = |path: &str, kind: &str| {
        format!("<Override PartName=\"/{path}\" ContentType=\"{PARTS}.{kind}+xml\"/>")
    };
    let sheets: String = (1..=sheets).map(|n| kind(&sheet_path(n), "worksheet")).collect();
    format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{}{}{sheets}</Types>",
        kind("xl/workbook.xml", "sheet.main"),
        kind("xl/styles.xml", "styles")
    )
}

fn relations(inside: &str) -> String {
    format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{inside}</Relationships>")
}

fn workbook(sheets: &[String]) -> String {
    let mut all = Vec::new();
    for (number, name) in (1..).zip(sheets) {
        all.extend_from_slice(b"<sheet name=\"");
        push_escaped(name, &mut all);
        all.extend_from_slice(format!("\" sheetId=\"{number}\" r:id=\"rId{number}\"/>").as_bytes());
    }
    let all = String::from_utf8_lossy(&all);
    format!("{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{all}</sheets></workbook>")
}

fn workbook_relations(sheets: usize) -> String {
    let mut all: String = (1..=sheets)
        .map(|n| {
            format!("<Relationship Id=\"rId{n}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>")
        })
        .collect();
    let styles = sheets + 1;
    all.push_str(&format!(
        "<Relationship Id=\"rId{styles}\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/>"
    ));
    relations(&all)
}
