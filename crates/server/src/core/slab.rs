//! Places for sockets, reused; a token names one use of a place, so that a late event finds nothing.

/// Names a value for as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Token {
    place: u32,
    generation: u32,
}

impl Token {
    /// As one number, for epoll.
    pub(super) fn to_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.place)
    }

    /// The place that it names a use of.
    pub(super) fn place(self) -> u64 {
        self.place.into()
    }

    /// And back.
    pub(super) fn of_u64(number: u64) -> Self {
        Self { place: number as u32, generation: (number >> 32) as u32 }
    }
}

/// Values in places.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, value: T) -> Token {
        self.len += 1;
        match self.free.pop() {
            Some(place) => {
                let (generation, slot) = &mut self.places[place as usize];
                *slot = Some(value);
                Token { place, generation: *generation }
            }
            None => {
                let place = u32::try_from(self.places.len()).expect("fewer sockets than 2^32");
                self.places.push((0, Some(value)));
                Token { place, generation: 0 }
            }
        }
    }

    pub(super) fn get(&self, token: Token) -> Option<&T> {
        let (generation, value) = self.places.get(token.place as usize)?;
        value.as_ref().filter(|_| *generation == token.generation)
    }

    pub(super) fn get_mut(&mut self, token: Token) -> Option<&mut T> {
        let (generation, value) = self.places.get_mut(token.place as usize)?;
        value.as_mut().filter(|_| *generation == token.generation)
    }

    pub(super) fn remove(&mut self, token: Token) -> Option<T> {
        let (generation, slot) = self.places.get_mut(token.place as usize)?;
        if *generation != token.generation {
            return None;
        }
        let value = slot.take()?;
        // Generation 2^32 - 1 belongs to tokens that are no sockets.
        *generation = (*generation + 1) % (u32::MAX - 1);
        self.free.push(token.place);
        self.len -= 1;
        Some(value)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Token, &T)> {
        self.iter_from(0)
    }

    /// Those from this place on.
    pub(super) fn iter_from(&self, place: usize) -> impl Iterator<Item = (Token, &T)> {
        self.places.iter().enumerate().skip(place).filter_map(|(place, (generation, value))| {
            let token = Token { place: place as u32, generation: *generation };
            value.as_ref().map(|value| (token, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_find_the_next_tenant() {
        let mut slab = Slab::default();
        let a = slab.insert("a");
        let b = slab.insert("b");
        assert_eq!(Token::of_u64(b.to_u64()), b);
        assert_eq!(slab.remove(a), Some("a"));
        assert_eq!(slab.remove(a), None);
        let c = slab.insert("c");
        assert_eq!((slab.get(a), slab.get(c), slab.len()), (None, Some(&"c"), 2));
        assert_eq!(slab.iter().map(|(token, _)| token).collect::<Vec<_>>(), [c, b]);
    }
}
