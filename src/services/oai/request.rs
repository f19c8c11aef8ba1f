//! From arguments to a typed request. Names and verbs have a case, and no argument may come twice (sections 3.1, 4).

use super::error::{OaiError, short};
use super::token::Token;
use crate::catalogue::StoredForm;
use crate::services::edge::Kvp;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

const VERBS: &str = "Identify, ListMetadataFormats, ListSets, ListIdentifiers, ListRecords, GetRecord";

/// A form that records are written in (`metadataPrefix`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Unqualified Dublin Core, which every repository has (section 5.2).
    OaiDc,
    /// ISO 19139.
    Iso19139,
    /// DCAT-AP with GeoDCAT-AP as RDF/XML.
    Dcat,
}

impl Format {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::OaiDc, Self::Iso19139, Self::Dcat];

    /// Name in requests.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::OaiDc => "oai_dc",
            Self::Iso19139 => "iso19139",
            Self::Dcat => "dcat",
        }
    }

    /// Namespace of the root element, and where its schema is.
    pub(super) const fn schema(self) -> (&'static str, &'static str) {
        match self {
            Self::OaiDc => (
                "http://www.openarchives.org/OAI/2.0/oai_dc/",
                "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            ),
            Self::Iso19139 => {
                ("http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gmd/gmd.xsd")
            }
            // RDF/XML has no schema of its own; the protocol wants an address (section 3.4).
            Self::Dcat => {
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.openarchives.org/OAI/2.0/rdf.xsd")
            }
        }
    }

    /// What it is made of.
    pub(super) const fn stored(self) -> StoredForm {
        match self {
            Self::OaiDc => StoredForm::DublinCore,
            Self::Iso19139 => StoredForm::Iso,
            Self::Dcat => StoredForm::Model,
        }
    }

    /// Reads a prefix.
    pub(super) fn parse(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.prefix() == prefix)
    }
}

/// Which records, as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) format: Format,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) set: Option<String>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Identify,
    ListMetadataFormats { identifier: Option<String> },
    ListSets,
    GetRecord { identifier: String, format: Format },
    List { only_headers: bool, selection: Selection, token: Option<Token> },
}

/// A request that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) operation: Operation,
    /// All arguments, to be told back.
    pub(super) arguments: Vec<(String, String)>,
}

impl Request {
    /// The verb.
    pub(super) const fn verb(&self) -> &'static str {
        match &self.operation {
            Operation::Identify => "Identify",
            Operation::ListMetadataFormats { .. } => "ListMetadataFormats",
            Operation::ListSets => "ListSets",
            Operation::GetRecord { .. } => "GetRecord",
            Operation::List { only_headers: true, .. } => "ListIdentifiers",
            Operation::List { only_headers: false, .. } => "ListRecords",
        }
    }
}

/// Arguments of one request.
struct Arguments<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Arguments<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    fn needed(&self, name: &str) -> Result<&'a str, OaiError> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| OaiError::argument(format!("the argument {name} is missing")))
    }

    /// Refuses arguments that the verb doesn't have.
    fn only(&self, verb: &str, known: &[&str]) -> Result<(), OaiError> {
        let unknown = self.0.iter().find(|(name, _)| *name != "verb" && !known.contains(name));
        let Some((name, _)) = unknown else { return Ok(()) };
        let there = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(OaiError::argument(format!("{verb} has no argument '{}'; it has: {there}", short(name))))
    }
}

/// Reads a request to the repository at `base`.
///
/// # Errors
/// [`OaiError`], with the arguments in it where they may be told back.
pub(super) fn read(pairs: &Kvp, base: &str) -> Result<Request, OaiError> {
    let arguments = Arguments(pairs.iter().collect());
    let verb = verb(&arguments)?;
    for (at, (name, _)) in arguments.0.iter().enumerate() {
        if arguments.0.iter().take(at).any(|(before, _)| before == name) {
            return Err(OaiError::argument(format!("the argument '{}' is given twice", short(name))));
        }
    }
    let told: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let operation = operation(verb, &arguments, base).map_err(|error| error.echoing(&told))?;
    Ok(Request { operation, arguments: told })
}

fn verb<'a>(arguments: &Arguments<'a>) -> Result<&'a str, OaiError> {
    let verbs: Vec<&str> = arguments.0.iter().filter(|(n, _)| *n == "verb").map(|(_, v)| *v).collect();
    match verbs.as_slice() {
        [verb] => Ok(verb),
        [] => Err(OaiError::verb(format!("the argument verb is missing; there are: {VERBS}"))),
        _ => Err(OaiError::verb("the argument verb is given twice")),
    }
}

fn operation(verb: &str, arguments: &Arguments<'_>, base: &str) -> Result<Operation, OaiError> {
    match verb {
        "Identify" => {
            arguments.only(verb, &[])?;
            Ok(Operation::Identify)
        }
        "ListMetadataFormats" => {
            arguments.only(verb, &["identifier"])?;
            Ok(Operation::ListMetadataFormats { identifier: arguments.get("identifier").map(str::to_owned) })
        }
        "ListSets" => {
            arguments.only(verb, &["resumptionToken"])?;
            match arguments.get("resumptionToken") {
                // The list of sets is never cut.
                Some(_) => Err(OaiError::token("ListSets answers at once; leave resumptionToken out")),
                None => Ok(Operation::ListSets),
            }
        }
        "GetRecord" => {
            arguments.only(verb, &["identifier", "metadataPrefix"])?;
            let identifier = arguments.needed("identifier")?.to_owned();
            Ok(Operation::GetRecord { identifier, format: format(arguments)? })
        }
        "ListIdentifiers" | "ListRecords" => list(verb, arguments, base),
        _ => Err(OaiError::verb(format!("there is no verb '{}'; there are: {VERBS}", short(verb)))),
    }
}

fn format(arguments: &Arguments<'_>) -> Result<Format, OaiError> {
    let prefix = arguments.needed("metadataPrefix")?;
    Format::parse(prefix).ok_or_else(|| OaiError::format(prefix))
}

fn list(verb: &str, arguments: &Arguments<'_>, base: &str) -> Result<Operation, OaiError> {
    let only_headers = verb == "ListIdentifiers";
    if let Some(text) = arguments.get("resumptionToken") {
        if arguments.0.len() > 2 {
            return Err(OaiError::argument(
                "resumptionToken stands alone: it carries all other arguments of the list",
            ));
        }
        let token = Token::parse(text, base, only_headers, Utc::now())?;
        return Ok(Operation::List { only_headers, selection: token.selection.clone(), token: Some(token) });
    }
    arguments.only(verb, &["from", "until", "set", "metadataPrefix", "resumptionToken"])?;
    let from = arguments.get("from").map(|text| moment("from", text, false)).transpose()?;
    let until = arguments.get("until").map(|text| moment("until", text, true)).transpose()?;
    if let (Some((from, from_day)), Some((until, until_day))) = (from, until) {
        if from_day != until_day {
            let text = "from and until must be written alike: both as days or both as seconds";
            return Err(OaiError::argument(text));
        }
        if from > until {
            return Err(OaiError::argument("from is later than until"));
        }
    }
    let set = arguments.get("set").map(set).transpose()?;
    let (from, until) = (from.map(|(moment, _)| moment), until.map(|(moment, _)| moment));
    let selection = Selection { format: format(arguments)?, from, until, set };
    Ok(Operation::List { only_headers, selection, token: None })
}

/// A datestamp, and whether it is a day (section 3.3): `until` a day is its last second.
fn moment(name: &str, text: &str, is_end: bool) -> Result<(DateTime<Utc>, bool), OaiError> {
    let refused = || {
        OaiError::argument(format!(
            "{name} is '{}', which is no datestamp; write 2026-05-01 or 2026-05-01T12:00:00Z",
            short(text)
        ))
    };
    let seconds = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ").ok().filter(|_| text.len() == 20);
    if let Some(instant) = seconds {
        return Ok((instant.and_utc(), false));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    let day = day.ok_or_else(refused)?;
    let instant = if is_end { day.and_hms_opt(23, 59, 59) } else { day.and_hms_opt(0, 0, 0) };
    Ok((instant.ok_or_else(refused)?.and_utc(), true))
}

/// The name of a set, by the characters that it may have (section 2.6).
fn set(text: &str) -> Result<String, OaiError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'():".contains(c);
    if text.is_empty() || !text.chars().all(allowed) {
        let text = format!("'{}' is no name of a set; ListSets names those there are", short(text));
        return Err(OaiError::argument(text));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://h/oai";

    fn code(query: &str) -> &'static str {
        match read(&Kvp::parse(query).expect("pairs"), BASE) {
            Ok(_) => "ok",
            Err(error) => error.code,
        }
    }

    #[test]
    fn every_misuse_of_arguments_has_its_code() {
        for (query, expected) in [
            ("", "badVerb"),
            ("verb=", "badVerb"),
            ("verb=identify", "badVerb"),
            ("Verb=Identify", "badVerb"),
            ("verb=Identify&verb=Identify", "badVerb"),
            ("verb=Identify", "ok"),
            ("verb=Identify&x=1", "badArgument"),
            ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
            ("verb=ListRecords", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc", "ok"),
            ("verb=ListRecords&metadataPrefix=", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
            ("verb=ListRecords&metadataPrefix=OAI_DC", "cannotDisseminateFormat"),
            ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", "badArgument"),
            ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
            ("verb=ListRecords&resumptionToken=", "badResumptionToken"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=a b", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=", "badArgument"),
            ("verb=ListRecords&metadataPrefix=oai_dc&set=organisation:x", "ok"),
            ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
            ("verb=GetRecord&identifier=a", "badArgument"),
            ("verb=GetRecord&identifier=a&metadataPrefix=marc", "cannotDisseminateFormat"),
        ] {
            assert_eq!(code(query), expected, "{query}");
        }
    }

    #[test]
    fn datestamps_are_days_or_seconds_and_both_ends_alike() {
        let list = |rest: &str| code(&format!("verb=ListRecords&metadataPrefix=oai_dc{rest}"));
        for good in [
            "&from=2026-01-01",
            "&from=2026-01-01&until=2026-01-01",
            "&from=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z",
        ] {
            assert_eq!(list(good), "ok", "{good}");
        }
        for bad in [
            "&from=2026-01-01&until=2026-01-02T00:00:00Z",
            "&from=2026-01-02&until=2026-01-01",
            "&from=2026-1-1",
            "&from=2026-02-30",
            "&from=2026-01-01T00:00:00",
            "&from=2026-01-01T00:00Z",
            "&from=2026-01-01T00:00:00.5Z",
            "&until=",
            "&until=hier",
            "&until=20260101",
        ] {
            assert_eq!(list(bad), "badArgument", "{bad}");
        }
    }
}
