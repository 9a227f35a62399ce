//! A few things by the id of their conversation.
//!
//! A socket has one to ten conversations as a rule, and most sockets are quiet: a sorted vector with room for
//! no more than it holds takes the least of both time and memory.

/// Things in the order of their ids.
#[derive(Debug)]
pub(super) struct ById<T>(Vec<(u32, T)>);

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ById<T> {
    fn place(&self, id: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |entry| entry.0)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The one with this id.
    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.place(id).ok().map(|at| &self.0[at].1)
    }

    /// The one with this id.
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.place(id).ok().map(|at| &mut self.0[at].1)
    }

    /// The one with this id, made if it is not there.
    pub(super) fn get_or_insert_with(&mut self, id: u32, make: impl FnOnce() -> T) -> &mut T {
        let at = match self.place(id) {
            Ok(at) => at,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (id, make()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Takes the one with this id out.
    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        self.place(id).ok().map(|at| self.0.remove(at).1)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.0.iter().map(|(id, it)| (*id, it))
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        self.0.iter_mut().map(|(id, it)| (*id, it))
    }

    /// All of them, those after `id` first.
    pub(super) fn iter_after(&self, id: u32) -> impl Iterator<Item = (u32, &T)> {
        let (before, after) = self.0.split_at(self.0.partition_point(|entry| entry.0 <= id));
        after.iter().chain(before).map(|(id, it)| (*id, it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_in_the_order_of_their_ids() {
        let mut map = ById::default();
        for id in [5, 1, 3] {
            assert_eq!(*map.get_or_insert_with(id, || id * 10), id * 10);
        }
        assert_eq!(*map.get_or_insert_with(3, || 0), 30);
        assert_eq!(map.iter().map(|(id, _)| id).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(map.iter_after(3).map(|(id, _)| id).collect::<Vec<_>>(), [5, 1, 3]);
        assert_eq!(map.iter_after(9).map(|(id, _)| id).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!((map.remove(3), map.remove(3), map.len()), (Some(30), None, 2));
        assert_eq!(map.get(3), None);
        assert_eq!(map.get_mut(5), Some(&mut 50));
    }
}
