//! Templates of answers: files of the data folder, in the language of Jinja. What they write out is escaped, and what
//! they may do is bounded; they reach no file and no address.

use crate::model::Layer;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Largest template in bytes.
const LARGEST: u64 = 256 << 10;
/// Largest text that one makes.
const MOST: usize = 2 << 20;
/// Steps that one may take.
const FUEL: u64 = 2_000_000;
/// How deep blocks and macros may lie in one another.
const DEPTH: usize = 50;

/// A template and where it stands.
pub(super) struct Template {
    pub(super) path: PathBuf,
    text: String,
}

impl Template {
    /// The template of a layer, else that of its organisation: `templates/feature-info/layers/{layer}.html` and
    /// `templates/feature-info/organisations/{organisation}.html` in the data folder. Read anew for every answer, so
    /// that a changed file shows at once.
    pub(super) async fn of(data: &Path, layer: &Layer) -> Option<Self> {
        let folder = data.join("templates").join("feature-info");
        let own = folder.join("layers").join(format!("{}.html", layer.slug));
        let shared = folder.join("organisations").join(format!("{}.html", layer.dataset.organisation.slug));
        for path in [own, shared] {
            if let Some(text) = read(&path).await {
                return Some(Self { path, text });
            }
        }
        None
    }

    /// What it makes of its context.
    pub(super) fn render(&self, context: &Value) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH);
        let template = environment.template_from_named_str("feature-info.html", &self.text)?;
        let mut out = Bounded(Vec::new());
        template.render_captured_to(context, &mut out)?;
        Ok(String::from_utf8_lossy(&out.0).into_owned())
    }
}

async fn read(path: &Path) -> Option<String> {
    let size = tokio::fs::metadata(path).await.ok()?.len();
    let told = if size > LARGEST {
        format!("it has more than {LARGEST} bytes")
    } else {
        match tokio::fs::read_to_string(path).await {
            Ok(text) => return Some(text),
            Err(error) => error.to_string(),
        }
    };
    tracing::warn!(template = %path.display(), error = told, "a template of GetFeatureInfo can't be read");
    None
}

/// Takes text up to a bound.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::Error::other(format!("the template writes more than {MOST} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(text: &str) -> Result<String, minijinja::Error> {
        let template = Template { path: PathBuf::from("essai.html"), text: text.to_owned() };
        template.render(&json!({"features": [{"fid": 1, "properties": {"nom": "<b>É & co</b>"}}]}))
    }

    #[test]
    fn values_are_escaped_and_missing_ones_are_empty() {
        let made =
            render("{% for f in features %}<p>{{ f.properties.nom }}{{ f.rien.du_tout }}</p>{% endfor %}");
        assert_eq!(made.expect("made"), "<p>&lt;b&gt;É &amp; co&lt;&#x2f;b&gt;</p>");
    }

    #[test]
    fn what_a_template_may_do_is_bounded() {
        for hostile in [
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
            "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
            "{% include '/etc/passwd' %}",
            "{% import 'x' as x %}",
            "{% extends 'y' %}",
            "{{ 'x' * 100000000 }}",
            "{% for",
        ] {
            assert!(render(hostile).is_err(), "{hostile}");
        }
    }
}
