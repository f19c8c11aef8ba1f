//! Who asks, for which part of the platform, in which language.

/// Who sends a request. Accounts come later and add their identity here; only [`crate::access`] looks
/// inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// Somebody who may change features.
    Editor(Editor),
    /// The command line and background jobs on the machine itself.
    System,
}

/// Somebody who may change features: the holder of a token, or anybody where editing is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Editor {
    /// Name of the token; `None` where editing is open to everybody.
    pub name: Option<String>,
    /// Slug of the only organisation whose layers may be changed; `None` means all.
    pub organisation: Option<String>,
}

/// The part of the platform an address shows: everything, one organisation or one dataset. National
/// harvesters need an endpoint an organisation, INSPIRE one a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `/wms`
    #[default]
    Everything,
    /// `/org/{organisation}/wms`
    Organisation(String),
    /// `/dataset/{dataset}/wms`
    Dataset(String),
    /// `/inspire/csw`: a part of the catalogue.
    Part(Part),
}

/// A part of the catalogue by what records are about: harvesters that gather for one law or one subject need an endpoint for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Records with an INSPIRE theme (Directive 2007/2/EC).
    Inspire,
    /// High-value datasets (Regulation (EU) 2023/138).
    Hvd,
    /// Records of a theme: an INSPIRE theme by its code or French name, or a topic category of ISO 19115.
    Theme(String),
}

impl Scope {
    /// What stands before a service's path: empty, `/org/{slug}` or `/dataset/{slug}`.
    #[must_use]
    pub fn prefix(&self) -> String {
        match self {
            Self::Everything => String::new(),
            Self::Organisation(slug) => format!("/org/{slug}"),
            Self::Dataset(slug) => format!("/dataset/{slug}"),
            Self::Part(Part::Inspire) => "/inspire".to_owned(),
            Self::Part(Part::Hvd) => "/hvd".to_owned(),
            Self::Part(Part::Theme(theme)) => format!("/theme/{theme}"),
        }
    }

    /// The scope of a service's path: the inverse of [`Scope::prefix`].
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let mut parts = path.split('/').skip(1);
        match (parts.next(), parts.next(), parts.next()) {
            (Some("org"), Some(slug), Some(_)) => Self::Organisation(slug.to_owned()),
            (Some("dataset"), Some(slug), Some(_)) => Self::Dataset(slug.to_owned()),
            (Some("inspire"), Some(_), _) => Self::Part(Part::Inspire),
            (Some("hvd"), Some(_), _) => Self::Part(Part::Hvd),
            (Some("theme"), Some(theme), Some(_)) => Self::Part(Part::Theme(theme.to_owned())),
            _ => Self::Everything,
        }
    }
}

/// Language of what a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// French: the region's language and the default.
    #[default]
    Fr,
    /// English.
    En,
}

impl Lang {
    /// The preferred of the two by an `Accept-Language` header (RFC 9110 section 12.5.4); French when
    /// neither is named.
    #[must_use]
    pub fn from_accept_language(header: Option<&str>) -> Self {
        let mut best = (0.0_f32, Self::Fr);
        for part in header.unwrap_or_default().split(',') {
            let mut fields = part.split(';');
            let tag = fields.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = fields
                .find_map(|f| f.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            let lang = match tag.split('-').next() {
                Some("fr") => Self::Fr,
                Some("en") => Self::En,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, lang);
            }
        }
        best.1
    }

    /// The language of a code of ISO 639 in two or three letters, as INSPIRE (`fre`, `eng`) and others write
    /// it; `None` for any other.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.to_ascii_lowercase().as_str() {
            "fre" | "fra" | "fr" => Some(Self::Fr),
            "eng" | "en" => Some(Self::En),
            _ => None,
        }
    }

    /// `fr` or `en`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The text in this language.
    #[must_use]
    pub const fn pick(self, french: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Fr => french,
            Self::En => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_back_from_the_path_of_a_service() {
        for scope in [
            Scope::Everything,
            Scope::Organisation("crige".into()),
            Scope::Dataset("routes".into()),
            Scope::Part(Part::Inspire),
            Scope::Part(Part::Hvd),
            Scope::Part(Part::Theme("au".into())),
        ] {
            assert_eq!(Scope::of_path(&format!("{}/csw", scope.prefix())), scope);
        }
    }

    #[test]
    fn a_language_is_known_by_its_codes_of_two_and_three_letters() {
        for (code, lang) in
            [("fre", Some(Lang::Fr)), ("FRA", Some(Lang::Fr)), ("eng", Some(Lang::En)), ("ger", None)]
        {
            assert_eq!(Lang::from_code(code), lang, "{code}");
        }
    }

    #[test]
    fn the_heavier_language_wins_and_french_is_the_default() {
        assert_eq!(Lang::from_accept_language(None), Lang::Fr);
        assert_eq!(Lang::from_accept_language(Some("de,it;q=0.8")), Lang::Fr);
        assert_eq!(Lang::from_accept_language(Some("en-GB,fr;q=0.8")), Lang::En);
        assert_eq!(Lang::from_accept_language(Some("en;q=0.3, fr;q=0.9")), Lang::Fr);
    }
}
