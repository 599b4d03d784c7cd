/**
 * What the two ends of the link between a node and its relay have agreed on. Apart from the schemas, because the relay
 * has no room for them in memory.
 */

/** The WebSocket's subprotocol. Its number is that of the frames too. */
export const linkProtocol = "adyton.link.v1";
export const linkVersion = 1;
/** The status of HTTP that a relay answers with to another version of the link. */
export const otherVersionStatus = 426;

/** Bytes of a frame's header, which is JSON. A longer one ends the connection. */
export const linkHeaderBytesMax = 2_048;
/** Bytes of what a call sends along. A call with more is refused before it is sent; a frame with more ends the connection. */
export const linkCallBytesMax = 1024 * 1024;
/** Bytes of an answer in one frame; a longer answer comes in several. */
export const linkChunkBytes = 64 * 1024;
/** Bytes of a whole answer: the largest file that Telegram hands to a bot. More ends the call with `ANSWER_TOO_LARGE`. */
export const linkAnswerBytesMax = 20 * 1024 * 1024;
/** Parts of a whole answer: each but the last is full. */
export const linkAnswerPartsMax = linkAnswerBytesMax / linkChunkBytes;
/** Calls under way at once. The node keeps one more waiting; a relay that is given one more ends the connection. */
export const linkCallsMax = 64;

/** So many frames, or bytes, that are sent and not acknowledged; the next frame waits. */
export const linkWindowFramesMax = 256;
export const linkWindowBytesMax = 2 * 1024 * 1024;
/** After so many frames an acknowledgement is due at once, else after so long. */
export const linkAckFrames = 8;
export const linkAckMs = 50;

/** How often an end is heard at the least, and after how long a silent one counts as gone. */
export const linkHeartbeatMs = 15_000;
export const linkSilenceMsMax = 45_000;
/** The two have so long to prove who they are. */
export const linkHandshakeMsMax = 10_000;
/** A cut that lasts longer ends the node's side of a session, and with it the calls under way. */
export const linkCutMsMax = 20_000;
/** The relay keeps a session longer than the node does, so that no node comes back to find its calls forgotten. */
export const linkSessionMsMax = 60_000;

/** The methods of the Bot API that the relay passes on. It refuses every other. */
export const linkMethods: readonly string[] = [
  "answerCallbackQuery",
  "deleteMessage",
  "deleteMyCommands",
  "deleteWebhook",
  "editMessageReplyMarkup",
  "editMessageText",
  "getChat",
  "getFile",
  "getMe",
  "getUpdates",
  "getWebhookInfo",
  "sendChatAction",
  "sendDocument",
  "sendMessage",
  "sendMessageDraft",
  "sendPhoto",
  "sendVoice",
  "setMessageReaction",
  "setMyCommands",
];
/**
 * A file's path as Telegram gives it: below the bot's own folder, without a step up. What a name has of other letters is
 * written with percent signs, as an address has it; a point, a slash, a percent sign or a control character is not.
 */
export const linkFilePathPattern =
  /^(?!.*\.\.)[A-Za-z0-9](?:[\w./-]|%(?:2[0-46-9A-Da-d]|[3-9A-Fa-f][0-9A-Fa-f])){0,255}$/;
