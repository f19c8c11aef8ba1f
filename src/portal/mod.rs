//! Web pages for people, in French and English, usable without JavaScript.
