//! Whether a call may change features, and how to tell a client that it may not.

use super::Call;
use crate::access::{Action, allows};
use crate::config::Editing;
use crate::model::{Caller, Layer};
use actix_web::http::StatusCode;

/// Why a call may not change a layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditDenied {
    /// Nobody may edit here.
    #[error("editing is switched off on this server")]
    Off,
    /// No token came with the request.
    #[error("editing needs a token; send it in the header Authorization: Bearer TOKEN")]
    NoToken,
    /// The token is unknown, revoked or past its time, or the header can't be read.
    #[error("{0}")]
    BadToken(String),
    /// The token is another organisation's.
    #[error("this token is for the layers of organisation '{token}'; layer '{layer}' is not one of them")]
    Foreign {
        /// The token's organisation.
        token: String,
        /// The layer.
        layer: String,
    },
    /// Nobody may change this layer by a protocol.
    #[error("layer '{0}' can't be edited")]
    Layer(String),
}

impl EditDenied {
    /// 401 where a token, or another one, would help; 403 otherwise (RFC 9110 section 15.5).
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken(_) => StatusCode::UNAUTHORIZED,
            Self::Off | Self::Foreign { .. } | Self::Layer(_) => StatusCode::FORBIDDEN,
        }
    }

    /// The value of `WWW-Authenticate` that an answer with 401 must have (RFC 6750 section 3).
    #[must_use]
    pub const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some("Bearer realm=\"datasud\""),
            Self::BadToken(_) => Some("Bearer realm=\"datasud\", error=\"invalid_token\""),
            Self::Off | Self::Foreign { .. } | Self::Layer(_) => None,
        }
    }
}

impl Call {
    /// Whether this server lets anybody edit: whether capabilities offer to.
    #[must_use]
    pub fn editing(&self) -> bool {
        self.app.config.editing != Editing::Off
    }

    /// Whether this caller may change features of some layer, before it is known which.
    ///
    /// # Errors
    /// [`EditDenied`].
    pub fn may_edit_something(&self) -> Result<(), EditDenied> {
        if !self.editing() {
            return Err(EditDenied::Off);
        }
        match (&self.caller, &self.bad_token) {
            (Caller::Editor(_) | Caller::System, _) => Ok(()),
            (Caller::Anonymous, Some(reason)) => Err(EditDenied::BadToken(reason.clone())),
            (Caller::Anonymous, None) => Err(EditDenied::NoToken),
        }
    }

    /// Whether this caller may change features of a layer that it may see.
    ///
    /// # Errors
    /// [`EditDenied`].
    pub fn may_edit(&self, layer: &Layer) -> Result<(), EditDenied> {
        self.may_edit_something()?;
        if allows(&self.caller, Action::Edit, &*layer.dataset) {
            return Ok(());
        }
        Err(match &self.caller {
            Caller::Editor(editor) if editor.organisation.is_some() => EditDenied::Foreign {
                token: editor.organisation.clone().unwrap_or_default(),
                layer: layer.slug.clone(),
            },
            _ => EditDenied::Layer(layer.slug.clone()),
        })
    }
}
