//! As whom a client runs: the channel's definition and the channel authentication records (queue-manager
//! reference, 17.3, as far as server-connection channels go).
//!
//! 1. Channels `SYSTEM.DEF.*` and `SYSTEM.AUTO.*` are locked: they are patterns for others, not ways in. So is a
//!    channel that STOP CHANNEL has stopped.
//! 2. One mapping rule is chosen: the most specific channel profile; then SSLPEERMAP before USERMAP before
//!    ADDRESSMAP; then the most specific value, then the most specific ADDRESS. It maps to a user, refuses, or
//!    leaves it to the channel, as when there is no rule.
//! 3. The channel's MCAUSER, if it has one, else the user whose password was checked. Nobody is ever believed to
//!    be who he only says he is: with neither, he is refused.
//! 4. The rule's CHCKCLNT, else that of the CONNAUTH object as it was refreshed last, may ask for a checked password in any case.
//! 5. BLOCKUSER: of the channel profiles that have such a rule, the most specific; `*MQADMIN` is any administrator.
//! 6. Nobody becomes an administrator, by MCAUSER or a rule either, who has not had a password checked, whatever
//!    CHCKCLNT and CONNAUTH say. With CHLAUTH(DISABLED) neither this holds nor any rule.
//!
//! Before all that, BLOCKADDR refuses addresses. A rule with WARN(YES) refuses nobody. ADOPTCTX(NO) changes nothing:
//! where the channel has no MCAUSER there is no other user than the proved one whom one could believe in.

use std::cmp::Ordering;

use mqi::call::Identity;
use mqi::constants::*;
use mqi::object::{ObjectClass, ObjectType};

use super::refusal::Refusal;
use super::{Authority, User, address, profile};
use crate::object::{ChannelAttributes, Definition, QmgrAttributes, Registry};

/// Finds the user as whom a client runs.
pub(super) fn user_of(
    authority: &Authority,
    identity: &Identity,
    channel: &str,
    registry: &Registry,
) -> Result<User, Box<Refusal>> {
    let client = Client { authority, identity, channel, registry };
    let definition = registry.get(ObjectClass::Channel, channel);
    let Some(definition) = definition else { return Err(client.unusable(Refusal::CHANNEL_UNKNOWN)) };
    let definition = ChannelAttributes::of(definition)
        .filter(|c| c.object == ObjectType::Svrconn)
        .ok_or_else(|| client.unusable(Refusal::CHANNEL_OF_OTHER_TYPE))?;
    if channel.starts_with("SYSTEM.DEF.") || channel.starts_with("SYSTEM.AUTO.") {
        let rule = "channels SYSTEM.DEF.* and SYSTEM.AUTO.* are locked";
        return Err(client.refusal(Refusal::CHANNEL_BLOCKED, rule.into()));
    }
    if definition.is_stopped {
        return Err(client.unusable(Refusal::CHANNEL_STOPPED));
    }
    let qmgr = registry.of_class(ObjectClass::Qmgr).next().map(|d| QmgrAttributes::of(&d.attributes));
    let has_rules = qmgr.as_ref().is_none_or(|qmgr| qmgr.checks_channel_rules);
    if let Some(rule) = client.address_rule().filter(|_| has_rules) {
        return Err(client.refusal(Refusal::CHANNEL_BLOCKED, name_of(rule)));
    }
    let rule = if has_rules { client.mapping_rule() } else { None };
    let name = client.mapped_user(rule, &definition)?;
    client.check_credentials(rule, &name)?;
    if has_rules {
        client.check_blocked(&name)?;
        client.check_administrator(&name)?;
    }
    Ok(User { name, channel: channel.to_owned(), address: identity.address.clone() })
}

/// The record that decides about a client whose credentials are right.
pub(super) fn rule_for<'a>(
    authority: &Authority,
    channel: &str,
    user: &str,
    address: &str,
    registry: &'a Registry,
) -> Option<&'a Definition> {
    let verified = (!user.is_empty()).then(|| user.to_owned());
    let identity = Identity { verified, address: address.to_owned(), ..Identity::default() };
    let client = Client { authority, identity: &identity, channel, registry };
    if let Some(rule) = client.address_rule() {
        return Some(rule);
    }
    let rule = client.mapping_rule();
    let Some(definition) = registry.get(ObjectClass::Channel, channel).and_then(ChannelAttributes::of) else {
        // Nobody comes in by a channel that is not there; this is what would decide if it were.
        return rule;
    };
    match client.mapped_user(rule, &definition) {
        Ok(user) => client.blocking_rule(&user).or(rule),
        Err(_) => rule,
    }
}

/// A client that wants in: what it says and has proved, and the rules.
struct Client<'a, 'r> {
    authority: &'a Authority,
    identity: &'a Identity,
    channel: &'a str,
    registry: &'r Registry,
}

impl<'r> Client<'_, 'r> {
    fn verified(&self) -> Option<&str> {
        self.identity.verified.as_deref().filter(|user| !user.is_empty())
    }

    fn refusal(&self, id: &'static str, rule: String) -> Box<Refusal> {
        Box::new(Refusal {
            id,
            user: self.verified().unwrap_or(&self.identity.asserted).to_owned(),
            channel: self.channel.to_owned(),
            address: self.identity.address.clone(),
            object: super::QMGR_PROFILE.to_owned(),
            rule,
        })
    }

    /// Of a channel that nobody can use now: only who has proved who he is is told so.
    fn unusable(&self, id: &'static str) -> Box<Refusal> {
        let rule = match id {
            Refusal::CHANNEL_UNKNOWN => "there is no such channel",
            Refusal::CHANNEL_STOPPED => "STOP CHANNEL has stopped it",
            _ => "the channel is not for clients",
        };
        let id = if self.verified().is_some() { id } else { Refusal::CREDENTIALS_MISSING };
        self.refusal(id, rule.into())
    }

    /// The rule that blocks the client's address.
    fn address_rule(&self) -> Option<&'r Definition> {
        self.rules().filter(|rule| rule.object == ObjectType::ChlauthBlockAddr).find(|rule| {
            let patterns = rule.attributes.list(MQCACH_CONNECTION_NAME_LIST);
            patterns.iter().any(|pattern| address::matches(pattern, &self.identity.address))
        })
    }

    /// The mapping rule that applies.
    fn mapping_rule(&self) -> Option<&'r Definition> {
        self.rules().filter(|rule| self.is_mapped_by(rule)).min_by(|a, b| by_precedence(a, b))
    }

    fn rules(&self) -> impl Iterator<Item = &'r Definition> {
        let channel = self.channel;
        let all = self.registry.of_class(ObjectClass::ChannelAuth);
        all.filter(move |rule| {
            rule.attributes.int(MQIACH_WARNING) != Some(i64::from(MQWARN_YES))
                && channel_matches(&rule.name, channel)
        })
    }

    fn is_mapped_by(&self, rule: &Definition) -> bool {
        let a = &rule.attributes;
        let pattern = a.text(MQCACH_CONNECTION_NAME);
        let is_from_there = pattern.is_empty() || address::matches(pattern, &self.identity.address);
        match rule.object {
            ObjectType::ChlauthAddressMap => is_from_there,
            ObjectType::ChlauthUserMap => {
                is_from_there && self.verified() == Some(a.text(MQCACH_CLIENT_USER_ID))
            }
            // No client has a certificate before TLS is there; QMGRMAP never concerns clients.
            _ => false,
        }
    }

    fn mapped_user(
        &self,
        rule: Option<&Definition>,
        channel: &ChannelAttributes,
    ) -> Result<String, Box<Refusal>> {
        if let Some(rule) = rule {
            match rule.attributes.int(MQIACH_USER_SOURCE).and_then(|n| i32::try_from(n).ok()) {
                Some(MQUSRC_CHANNEL) => {}
                Some(MQUSRC_MAP) if !rule.attributes.text(MQCACH_MCA_USER_ID).is_empty() => {
                    return Ok(rule.attributes.text(MQCACH_MCA_USER_ID).to_owned());
                }
                _ => return Err(self.refusal(Refusal::CHANNEL_BLOCKED, name_of(rule))),
            }
        }
        if !channel.mca_user.is_empty() {
            return Ok(channel.mca_user.clone());
        }
        self.verified().map(str::to_owned).ok_or_else(|| {
            let rule = "blank MCAUSER and no credentials".to_owned();
            self.refusal(Refusal::CREDENTIALS_MISSING, rule)
        })
    }

    fn check_credentials(&self, rule: Option<&Definition>, user: &str) -> Result<(), Box<Refusal>> {
        if self.verified().is_some() {
            return Ok(());
        }
        let check =
            |d: &Definition| d.attributes.int(MQIA_CHECK_CLIENT_BINDING).and_then(|n| i32::try_from(n).ok());
        let of_rule = rule.and_then(|d| Some((check(d)?, d))).filter(|(c, _)| *c != MQCHK_AS_Q_MGR);
        let of_qmgr = || self.authority.sign_on.check_client();
        let Some((check, object)) = of_rule.or_else(of_qmgr) else { return Ok(()) };
        let is_required = match check {
            MQCHK_REQUIRED => true,
            MQCHK_REQUIRED_ADMIN => self.authority.is_administrator(user),
            _ => false,
        };
        if is_required {
            let rule = format!("{} asks for credentials", name_of(object));
            return Err(self.refusal(Refusal::CREDENTIALS_MISSING, rule));
        }
        Ok(())
    }

    fn check_blocked(&self, user: &str) -> Result<(), Box<Refusal>> {
        match self.blocking_rule(user) {
            None => Ok(()),
            Some(rule) => {
                let mut refusal = self.refusal(Refusal::USER_BLOCKED, name_of(rule));
                refusal.user = user.to_owned();
                Err(refusal)
            }
        }
    }

    fn check_administrator(&self, user: &str) -> Result<(), Box<Refusal>> {
        if !self.authority.is_administrator(user) || self.verified().is_some() {
            return Ok(());
        }
        let rule = format!("administrator '{user}' comes in with a password only");
        Err(self.refusal(Refusal::CREDENTIALS_MISSING, rule))
    }

    fn blocking_rule(&self, user: &str) -> Option<&'r Definition> {
        let rules = self.rules().filter(|rule| rule.object == ObjectType::ChlauthBlockUser);
        let rule = rules.min_by(|a, b| profile::by_specificity(&a.name, &b.name))?;
        let is_blocked = rule.attributes.list(MQCACH_MCA_USER_ID_LIST).iter().any(|blocked| {
            blocked == user
                || (blocked.eq_ignore_ascii_case("*MQADMIN") && self.authority.is_administrator(user))
        });
        is_blocked.then_some(rule)
    }
}

/// Profiles of channels: `*` stands for any characters, dots too, wherever it stands.
pub(crate) fn channel_matches(pattern: &str, channel: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == channel };
    let Some(mut left) = channel.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

/// The rule that wins is the least.
fn by_precedence(a: &Definition, b: &Definition) -> Ordering {
    let kind = |rule: &Definition| match rule.object {
        ObjectType::ChlauthSslPeerMap => 0,
        ObjectType::ChlauthUserMap | ObjectType::ChlauthQmgrMap => 1,
        _ => 2,
    };
    let from = |rule: &Definition| address::specificity(rule.attributes.text(MQCACH_CONNECTION_NAME));
    profile::by_specificity(&a.name, &b.name)
        .then_with(|| kind(a).cmp(&kind(b)))
        .then_with(|| from(a).cmp(&from(b)))
}

/// A rule as the error log names it.
fn name_of(rule: &Definition) -> String {
    let a = &rule.attributes;
    let mut text =
        format!("{}({}) TYPE({})", rule.object.class().row().keyword, rule.name, rule.object.keyword());
    for (keyword, id) in [("CLNTUSER", MQCACH_CLIENT_USER_ID), ("ADDRESS", MQCACH_CONNECTION_NAME)] {
        if rule.object.class() == ObjectClass::ChannelAuth && !a.text(id).is_empty() {
            text.push_str(&format!(" {keyword}({})", a.text(id)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channel_profiles_match_with_stars_anywhere() {
        for (pattern, channel, want) in [
            ("*", "ANY.CHANNEL", true),
            ("DEV.*", "DEV.APP.SVRCONN", true),
            ("DEV.*", "DEVICE", false),
            ("*.SVRCONN", "DEV.APP.SVRCONN", true),
            ("*.SVRCONN", "DEV.APP.SVRCONN2", false),
            ("D*A*N", "DEV.APP.SVRCONN", true),
            ("D*X*N", "DEV.APP.SVRCONN", false),
            ("DEV.APP.SVRCONN", "DEV.APP.SVRCONN", true),
            ("AB*BA", "ABA", false),
        ] {
            assert_eq!(channel_matches(pattern, channel), want, "{pattern} {channel}");
        }
    }
}
