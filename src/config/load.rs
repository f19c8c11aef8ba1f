//! From a file, the environment and the command line to a checked [`Config`].

use super::{Config, ConfigError, Editing, Limits};
use crate::geo::grid::GridError;
use std::path::{Path, PathBuf};

/// What the command line or the environment says; it wins over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--database-url`
    pub database_url: Option<String>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--public-url`
    pub public_url: Option<String>,
    /// `--editing`
    pub editing: Option<Editing>,
}

impl Config {
    /// The configuration of `file` (defaults without one) with `overrides` over it, checked.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key and in a file the line.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let mut config = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|cause| ConfigError::File { path: path.to_owned(), cause })?;
                let mut config: Self = read(&text, path)?;
                config.tiles.beside(path.parent().unwrap_or(Path::new("")));
                config
            }
            None => Self::default(),
        };
        config.data = overrides.data.unwrap_or(config.data);
        // An empty variable means the same as none, as in most service managers.
        let filled = |value: Option<String>| value.filter(|v| !v.trim().is_empty());
        config.database_url = filled(overrides.database_url).or(filled(config.database_url));
        config.listen = filled(overrides.listen).unwrap_or(config.listen);
        config.public_url = filled(overrides.public_url).or(filled(config.public_url));
        config.editing = overrides.editing.unwrap_or(config.editing);
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::Value { key, message });
        if self.data.as_os_str().is_empty() {
            return wrong("data", "is empty; it names the data directory".into());
        }
        let (host, port) = self.listen.rsplit_once(':').unwrap_or_default();
        if host.is_empty() || port.parse::<u16>().is_err() {
            return wrong(
                "listen",
                format!(
                    "is '{}'; it is an address and a port, such as 127.0.0.1:8080 or [::]:8080",
                    self.listen
                ),
            );
        }
        if let Some(url) = &self.public_url {
            let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
            let host = rest.and_then(|r| r.split('/').next()).unwrap_or_default();
            let odd = |c: char| c.is_whitespace() || c.is_control() || "?#<>\"'".contains(c);
            if host.is_empty() || url.contains(odd) {
                return wrong(
                    "public-url",
                    format!(
                        "is '{url}'; it is the address that clients use, such as https://data.example.org"
                    ),
                );
            }
        }
        if let Err(error) = self.grids() {
            let key = if matches!(error, GridError::File { .. }) { "tiles.grids" } else { "tile-matrix-set" };
            return wrong(key, format!("can't be used: {error}"));
        }
        self.overviews.check()?;
        self.limits.check()
    }
}

impl Limits {
    fn check(&self) -> Result<(), ConfigError> {
        let positive = [
            ("limits.body-bytes", self.body_bytes as u64),
            ("limits.uri-bytes", self.uri_bytes as u64),
            ("limits.request-seconds", self.request_seconds),
            ("limits.export-seconds", self.export_seconds),
            ("limits.export-bytes", self.export_bytes),
            ("limits.exports", self.exports as u64),
            ("limits.map-pixels-side", u64::from(self.map_pixels_side)),
            ("limits.map-pixels", self.map_pixels),
            ("limits.map-features", self.map_features as u64),
            ("limits.layers-per-request", self.layers_per_request as u64),
            ("limits.default-page", self.default_page as u64),
            ("limits.harvest-page", self.harvest_page as u64),
            ("limits.filter-depth", self.filter_depth as u64),
            ("limits.filter-nodes", self.filter_nodes as u64),
            ("limits.filter-positions", self.filter_positions as u64),
            ("limits.edits", self.edits as u64),
            ("limits.transaction-features", self.transaction_features as u64),
            ("limits.lock-seconds", self.lock_seconds),
            ("limits.database-connections", self.database_connections as u64),
            ("limits.reader-megabytes", self.reader_megabytes),
            ("limits.reader-seconds", self.reader_seconds),
            ("limits.columns", self.columns as u64),
        ];
        if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Value { key, message: "is 0; it must be at least 1".into() });
        }
        if self.default_page > self.max_page {
            return Err(ConfigError::Value {
                key: "limits.default-page",
                message: format!("is {}, more than limits.max-page ({})", self.default_page, self.max_page),
            });
        }
        if self.database_connections > 1000 {
            return Err(ConfigError::Value {
                key: "limits.database-connections",
                message: "is more than 1000; a few for each core are best".into(),
            });
        }
        Ok(())
    }
}

fn read(text: &str, path: &Path) -> Result<Config, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        ConfigError::Toml {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            message: error.message().replace("unknown field", "unknown key").replace('`', "'"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str, overrides: Overrides) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("datasud.toml");
        std::fs::write(&path, text).expect("written");
        Config::load(Some(&path), overrides).map_err(|e| e.to_string())
    }

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_defaults() {
        let text = "listen = '0.0.0.0:80'\ntitle = 'Sud'\nediting = 'token'\n[limits]\nmax-page = 500\n";
        let overrides = Overrides { listen: Some("127.0.0.1:9".into()), ..Overrides::default() };
        let config = from(text, overrides).expect("good");
        assert_eq!((config.listen.as_str(), config.title.as_str()), ("127.0.0.1:9", "Sud"));
        assert_eq!((config.editing, config.limits.max_page), (Editing::Token, 500));
        assert_eq!(config.limits.default_page, Limits::default().default_page);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = from("title = 'x'\n\nlisen = '127.0.0.1:1'\n", Overrides::default()).expect_err("typo");
        assert!(error.contains("line 3") && error.contains("unknown key 'lisen'"), "{error}");
        let error = from("[limits]\nbody-bites = 3\n", Overrides::default()).expect_err("typo in limits");
        assert!(error.contains("line 2") && error.contains("unknown key 'body-bites'"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_with_its_line() {
        let error = from("\nlisten = 8080\n", Overrides::default()).expect_err("a number");
        assert!(error.contains("line 2"), "{error}");
        assert!(from("editing = 'maybe'", Overrides::default()).is_err_and(|e| e.contains("line 1")));
        assert!(from("listen = ", Overrides::default()).is_err_and(|e| e.contains("line 1")));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Some(Path::new("/nowhere/x.toml")), Overrides::default()).expect_err("none");
        assert!(error.to_string().contains("/nowhere/x.toml"));
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for listen in ["8080", "127.0.0.1", "127.0.0.1:99999", ":80"] {
            let overrides = Overrides { listen: Some(listen.into()), ..Overrides::default() };
            let error = Config::load(None, overrides).expect_err(listen).to_string();
            assert!(error.contains("'listen'"), "{error}");
        }
        for url in ["data.example.org", "ftp://x", "https://", "http://a b", "https://x/?a=1"] {
            let overrides = Overrides { public_url: Some(url.into()), ..Overrides::default() };
            assert!(Config::load(None, overrides).is_err(), "{url}");
        }
        for (listen, url) in [("[::]:80", "https://x.org/geo/"), ("localhost:0", "http://localhost:8080")] {
            let overrides = Overrides {
                listen: Some(listen.into()),
                public_url: Some(url.into()),
                ..Overrides::default()
            };
            assert!(Config::load(None, overrides).is_ok(), "{listen} {url}");
        }
    }

    #[test]
    fn the_public_path_is_what_follows_the_host() {
        for (url, path) in [
            ("https://x.org", ""),
            ("https://x.org/", ""),
            ("https://x.org:81/geo/", "/geo"),
            ("http://x/a/b", "/a/b"),
        ] {
            let config = Config { public_url: Some(url.into()), ..Config::default() };
            assert_eq!(config.public_path(), path, "{url}");
        }
        assert_eq!(Config::default().public_path(), "");
    }

    #[test]
    fn limits_that_would_stop_everything_are_refused() {
        let error = from("[limits]\nrequest-seconds = 0\n", Overrides::default()).expect_err("zero");
        assert!(error.contains("limits.request-seconds"), "{error}");
        assert!(from("[limits]\nmax-page = 5\n", Overrides::default()).is_err());
    }

    const GRID: &str = "[[tile-matrix-set]]\nid = 'ville'\ncrs = 'EPSG:3943'\norigin = [1200000, 2400000]\n\
        extent = [1200000, 2100000, 1300000, 2400000]\n";

    #[test]
    fn a_grid_of_ones_own_is_read() {
        let config = from(&format!("{GRID}resolutions = [100, 50.5]\n"), Overrides::default()).expect("good");
        let grid = config.grids().expect("good").find("ville").expect("there");
        assert_eq!((grid.title.as_str(), grid.matrices.len()), ("ville", 2));
    }

    #[test]
    fn a_grid_that_can_not_be_used_is_refused_at_start() {
        for (more, said) in [
            ("resolution = [1]\n", "unknown key 'resolution'"),
            ("", "either resolutions or scale-denominators"),
            ("resolutions = [2]\nscale-denominators = [1]\n", "either resolutions or scale-denominators"),
            ("resolutions = [2]\nmatrix-sizes = [[1, 1]]\n", "either extent or matrix-sizes"),
            ("resolutions = [1, 2]\n", "go down"),
            ("resolutions = [1]\ntile-size = [256]\n", "line 7"),
        ] {
            let error = from(&format!("{GRID}{more}"), Overrides::default()).expect_err(said);
            assert!(error.contains(said), "{error}");
        }
        let twice = format!("{GRID}resolutions = [1]\n{GRID}resolutions = [2]\n");
        assert!(
            from(&twice, Overrides::default()).is_err_and(|e| e.contains("two tile matrix sets 'ville'"))
        );
    }

    #[test]
    fn grids_are_read_from_files_beside_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let grid = crate::geo::grid::standard().iter().find(|g| g.id == "LAMB93_10cm").expect("there");
        let mut document = grid.to_json();
        document["id"] = "region".into();
        let file = folder.path().join("datasud.toml");
        std::fs::write(&file, "[tiles]\ngrids = ['region.json']\n").expect("written");
        let load = || Config::load(Some(&file), Overrides::default()).map_err(|e| e.to_string());
        let error = load().expect_err("no file");
        assert!(error.contains("'tiles.grids'") && error.contains("region.json"), "{error}");
        std::fs::write(folder.path().join("region.json"), document.to_string()).expect("written");
        let found = load().expect("good").grids().expect("good").find("region").expect("there");
        let sizes = |grid: &crate::geo::grid::TileMatrixSet| {
            grid.matrices.iter().map(|m| [m.matrix_width, m.matrix_height]).collect::<Vec<_>>()
        };
        assert_eq!(sizes(found), sizes(grid));
        document["tileMatrices"][3]["tileWidth"] = 0.into();
        std::fs::write(folder.path().join("region.json"), document.to_string()).expect("written");
        let error = load().expect_err("a wrong member");
        assert!(error.contains("region.json") && error.contains("number 4: 'tileWidth'"), "{error}");
    }

    #[test]
    fn an_empty_variable_means_none() {
        let overrides = Overrides { database_url: Some(String::new()), ..Overrides::default() };
        assert_eq!(Config::load(None, overrides).expect("good").database_url, None);
    }
}
