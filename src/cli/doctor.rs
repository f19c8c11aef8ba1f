//! `datasud doctor`: is everything here that the server needs?
