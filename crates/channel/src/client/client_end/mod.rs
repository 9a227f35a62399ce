//! The client end of a connection: written by helper F (not by the helper who writes the server end).
