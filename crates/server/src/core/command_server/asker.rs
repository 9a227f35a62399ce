//! Who put a request: in whose name it is executed, and for whom its responses are put.

use mqi::Putter;
use mqi::md::Md;

/// What is known of a request and of whoever put it.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    /// The request's descriptor. Its context is the application's own tale.
    pub(super) md: Md,
    /// The user, as the queue manager established him. Of a request of which that is not known it is nobody, who has no
    /// authority.
    pub(super) user: Box<str>,
}

impl Asker {
    pub(super) fn new(md: Md, putter: &Putter) -> Self {
        let user = putter.user(&md).unwrap_or_default().into();
        Self { md, user }
    }
}
