//! Format names: what the data after a descriptor or a header is.
//!
//! Names that begin with `MQ` belong to the product; applications choose others.

use crate::chars::Chars8;

/// Nature unknown: never converted. (`MQFMT_NONE`)
pub const NONE: Chars8 = Chars8::new(*b"        ");

/// Command server request or reply: PCF. (`MQFMT_ADMIN`)
pub const ADMIN: Chars8 = Chars8::new(*b"MQADMIN ");

/// AMQP message. (`MQFMT_AMQP`)
pub const AMQP: Chars8 = Chars8::new(*b"MQAMQP  ");

/// A channel has ended. (`MQFMT_CHANNEL_COMPLETED`)
pub const CHANNEL_COMPLETED: Chars8 = Chars8::new(*b"MQCHCOM ");

/// CICS bridge header. (`MQFMT_CICS`)
pub const CICS: Chars8 = Chars8::new(*b"MQCICS  ");

/// Command reply, type 1. (`MQFMT_COMMAND_1`)
pub const COMMAND_1: Chars8 = Chars8::new(*b"MQCMD1  ");

/// Command reply, type 2. (`MQFMT_COMMAND_2`)
pub const COMMAND_2: Chars8 = Chars8::new(*b"MQCMD2  ");

/// Dead-letter header. (`MQFMT_DEAD_LETTER_HEADER`)
pub const DEAD_LETTER_HEADER: Chars8 = Chars8::new(*b"MQDEAD  ");

/// Distribution list header. (`MQFMT_DIST_HEADER`)
pub const DIST_HEADER: Chars8 = Chars8::new(*b"MQHDIST ");

/// PCF in front of other data. (`MQFMT_EMBEDDED_PCF`)
pub const EMBEDDED_PCF: Chars8 = Chars8::new(*b"MQHEPCF ");

/// Event message: PCF. (`MQFMT_EVENT`)
pub const EVENT: Chars8 = Chars8::new(*b"MQEVENT ");

/// IMS bridge header. (`MQFMT_IMS`)
pub const IMS: Chars8 = Chars8::new(*b"MQIMS   ");

/// IMS variable string. (`MQFMT_IMS_VAR_STRING`)
pub const IMS_VAR_STRING: Chars8 = Chars8::new(*b"MQIMSVS ");

/// Message descriptor extension. (`MQFMT_MD_EXTENSION`)
pub const MD_EXTENSION: Chars8 = Chars8::new(*b"MQHMDE  ");

/// An application's own PCF. (`MQFMT_PCF`)
pub const PCF: Chars8 = Chars8::new(*b"MQPCF   ");

/// Reference message header. (`MQFMT_REF_MSG_HEADER`)
pub const REF_MSG_HEADER: Chars8 = Chars8::new(*b"MQHREF  ");

/// Rules and formatting header, version 1. (`MQFMT_RF_HEADER_1`)
pub const RF_HEADER_1: Chars8 = Chars8::new(*b"MQHRF   ");

/// Rules and formatting header, version 2: properties. (`MQFMT_RF_HEADER_2`)
pub const RF_HEADER_2: Chars8 = Chars8::new(*b"MQHRF2  ");

/// Text in the character set of the descriptor. (`MQFMT_STRING`)
pub const STRING: Chars8 = Chars8::new(*b"MQSTR   ");

/// Trigger message. (`MQFMT_TRIGGER`)
pub const TRIGGER: Chars8 = Chars8::new(*b"MQTRIG  ");

/// z/OS work information header. (`MQFMT_WORK_INFO_HEADER`)
pub const WORK_INFO_HEADER: Chars8 = Chars8::new(*b"MQHWIH  ");

/// Transmission queue header. (`MQFMT_XMIT_Q_HEADER`)
pub const XMIT_Q_HEADER: Chars8 = Chars8::new(*b"MQXMIT  ");
