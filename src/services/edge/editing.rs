//! Whether a call may change features, and how to tell a client that it may not.

use super::{App, Call};
use crate::access::{Action, TokenRefused, allows};
use crate::config::Editing;
use crate::model::{Caller, Editor, Layer};
use crate::publish::{PublishError, RestyleError};
use crate::store::{Deadline, StoreError};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;

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
    /// Whether the token is one can't be told just now.
    #[error("tokens can't be checked at the moment; try again later")]
    Unchecked,
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
    /// 401 where a token, or another one, would help; 503 where waiting does; 403 otherwise (RFC 9110
    /// section 15).
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken(_) => StatusCode::UNAUTHORIZED,
            Self::Unchecked => StatusCode::SERVICE_UNAVAILABLE,
            Self::Off | Self::Foreign { .. } | Self::Layer(_) => StatusCode::FORBIDDEN,
        }
    }

    /// The value of `WWW-Authenticate` that an answer with 401 must have (RFC 6750 section 3).
    #[must_use]
    pub const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some("Bearer realm=\"datasud\""),
            Self::BadToken(_) => Some("Bearer realm=\"datasud\", error=\"invalid_token\""),
            Self::Off | Self::Unchecked | Self::Foreign { .. } | Self::Layer(_) => None,
        }
    }
}

/// The status of an answer to a style that is not stored: 404 and 409 for what the caller can change, 503 where waiting
/// helps.
#[must_use]
pub const fn restyle_status(error: &RestyleError) -> StatusCode {
    match error {
        RestyleError::LayerGone(_) | RestyleError::Unknown { .. } => StatusCode::NOT_FOUND,
        RestyleError::Default(_) | RestyleError::TooMany => StatusCode::CONFLICT,
        RestyleError::Publish(PublishError::Store(
            StoreError::Deadline | StoreError::Unavailable(_) | StoreError::Gone,
        )) => StatusCode::SERVICE_UNAVAILABLE,
        RestyleError::Publish(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Whose token stands in an `Authorization` header; `None` when it holds something else, such as the name
/// and password of a proxy before us.
///
/// # Errors
/// [`EditDenied::BadToken`], [`EditDenied::Unchecked`].
pub(super) async fn holder(
    app: &App,
    credentials: &HeaderValue,
    deadline: Deadline,
) -> Result<Option<Editor>, EditDenied> {
    let Ok(text) = credentials.to_str() else { return Ok(None) };
    let (scheme, secret) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let secret = secret.trim();
    if secret.is_empty() || secret.contains(char::is_whitespace) {
        let message = "the header Authorization has no token behind Bearer";
        return Err(EditDenied::BadToken(message.to_owned()));
    }
    match app.tokens.holder(secret, deadline).await {
        Ok(editor) => Ok(Some(editor)),
        Err(TokenRefused::Unchecked(error)) => {
            tracing::warn!(%error, "a token can't be checked");
            Err(EditDenied::Unchecked)
        }
        Err(refused) => Err(EditDenied::BadToken(refused.to_string())),
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
            (Caller::Anonymous, Some(denied)) => Err(denied.clone()),
            (Caller::Anonymous, None) => Err(EditDenied::NoToken),
        }
    }

    /// Whether this caller may change features of a layer that it may see: images are not edited but loaded.
    ///
    /// # Errors
    /// [`EditDenied`].
    pub fn may_edit_features(&self, layer: &Layer) -> Result<(), EditDenied> {
        self.may_edit(layer)?;
        if layer.coverage.is_some() { Err(EditDenied::Layer(layer.slug.clone())) } else { Ok(()) }
    }

    /// Whether this caller may change a layer that it may see.
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
