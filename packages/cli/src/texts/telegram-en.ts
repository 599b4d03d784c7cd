/** The texts of `telegram setup`. */
export const telegramEn = {
  "summary.telegram": "a bot, to talk to the node from a phone",
  "example.telegram": "{adyton} telegram setup",
  "summary.telegram setup": "connect a bot: asks for its token, checks the way, finds its owner",
  "example.telegram setup": `{adyton} telegram setup
{adyton} telegram setup --token-file ~/.secrets/telegram-token
{adyton} telegram setup --api-root http://127.0.0.1:8081 --lang ru`,
  "option.api_root": "another server of the Bot API (default: https://api.telegram.org)",
  "option.token_file": "take the token from this file, and leave it there",
  "option.proxy": "go through this proxy: socks5://HOST:PORT or http://HOST:PORT",
  "option.proxy_login_file": "a file with the proxy's user:password",
  "option.code_expires": "how long the code is valid, up to 1h (default: 10m)",
  "option.lang": "the language of this command: en or ru",
  "option.webhook_yes": "remove a webhook without asking",
  "telegram.bad_language": "--lang takes en or ru.",
  "telegram.bad_expiry": '"{found}" is not a time up to 1h, such as 10m.',
  "telegram.bad_root": 'There is no such server: "{found}": {problem}',
  "telegram.needs_token": "There is no terminal to ask for the bot's token.",
  "telegram.token_file": "Pass it on the standard input, or name its file: --token-file FILE",
  "telegram.make_bot":
    "A bot's token: in Telegram open @BotFather, send /newbot, and answer with a name and a username that ends in bot.",
  "telegram.ask_token": "The token, which will not be shown: ",
  "telegram.no_token": "This is not a bot's token; one looks like 123456789:AAE…",
  "telegram.reaching": "asking {server} who the bot is",
  "telegram.reached": "Telegram is reached, the token opens @{bot}.",
  "telegram.blocked.dns": "The name {server} cannot be found.",
  "telegram.advice.dns":
    "Is this machine on the internet? Then its name server (DNS) withholds it.",
  "telegram.blocked.refused": "{server} refuses the connection.",
  "telegram.advice.refused":
    "Nothing listens there, or a firewall is in between. Is --api-root right?",
  "telegram.advice.emulator": "Start the emulator first: {adyton emulate telegram}",
  "telegram.blocked.blocked": "{server} does not answer: the way to it is blocked.",
  "telegram.advice.blocked":
    "A firewall or the provider keeps it away. A proxy helps: --proxy ADDRESS. So does a relay outside: {adyton relay bundle relay}, then telegram.via: blind",
  "telegram.blocked.tls": "Something between here and {server} shows a false certificate.",
  "telegram.advice.tls":
    "Is the clock of this machine right? Else somebody reads along: do not go on.",
  "telegram.relay_runs_bot":
    "The relay runs the bot (telegram.via: bot), so there is nothing to set up here.",
  "telegram.relay_has_token":
    "The token belongs on the relay (--token-file); name the owners in adyton.yaml: telegram.owners.",
  "telegram.blocked.relay": "The relay does not answer.",
  "telegram.advice.relay":
    "Does it run, and the tunnel to it? Is relay.address in adyton.yaml right?",
  "telegram.blocked.relay_range": "The address of {server} lies outside the relay's --range.",
  "telegram.advice.relay_range": "Start the relay with a --range in which it lies.",
  "telegram.blocked.strange": "What answers in place of {server} is not Telegram.",
  "telegram.advice.strange": "Perhaps a network's sign-in page. Open the address in a browser.",
  "telegram.blocked.token": "Telegram does not know this token.",
  "telegram.advice.token": "@BotFather shows the right one: /mybots, the bot, API Token.",
  "telegram.blocked.poller": "Another program is receiving this bot's messages.",
  "telegram.advice.poller":
    "Stop it; if it is the node itself, stop the node. If you know of none, someone has the token: /revoke in @BotFather.",
  "telegram.blocked.webhook": "This bot's messages are sent to a web address (a webhook).",
  "telegram.advice.webhook": "Repeat this with --yes to remove it, or make a bot of its own.",
  "telegram.blocked.busy": "{server} asks to wait.",
  "telegram.advice.busy": "Too many requests came lately. Try again in a few minutes.",
  "telegram.bad_proxy": "The address of the proxy {problem}.",
  "telegram.ask_proxy":
    "A proxy to go through (socks5://HOST:PORT or http://HOST:PORT), or Enter to stop: ",
  "telegram.blocked.proxy_away": "The proxy does not answer.",
  "telegram.advice.proxy_away":
    "Does it run? Are its address and port right? --proxy names another.",
  "telegram.blocked.proxy_login": "The proxy does not take the user and password.",
  "telegram.advice.proxy_login":
    "Write them as user:password into a file that you alone can read: --proxy-login-file FILE",
  "telegram.blocked.proxy_refuses": "The proxy does not connect to {server}.",
  "telegram.advice.proxy_refuses":
    "It forbids that, or cannot reach it either. Take another: --proxy ADDRESS",
  "telegram.blocked.proxy_strange":
    "What answers at the address of the proxy is not a proxy of this kind.",
  "telegram.advice.proxy_strange": "Is it socks5:// or http://? Is the port right?",
  "telegram.blocked.server": "{server} refuses.",
  "telegram.advice.server": "Try again in a minute.",
  "telegram.drop_webhook":
    "Another program gets this bot's messages by a webhook. Remove it? [y/N] ",
  "telegram.send_code": "Send this code to the bot; whoever sends it first owns the node:",
  "telegram.link": "This link opens the bot and sends it: {link}",
  "telegram.page": "The bot is here: {link}",
  "telegram.waiting": "waiting for the code, {time} left",
  "telegram.owner": "The owner of the node is {name} ({id}).",
  "telegram.others": "Owners as before: {ids} (telegram.owners in the configuration).",
  "telegram.saved": "Written to {file} after {seconds} s.",
  "telegram.restart": "Start the node again for it to take effect: Ctrl-C, then {adyton up}",
  "telegram.start": "Now start the node: {adyton up}",
  "telegram.expired": "Nobody has sent the code in time. Nothing was changed.",
  "telegram.again": "For a new one, run the same command again.",
  "telegram.stopped": "Stopped. Nothing was changed.",
  "telegram.welcome":
    "You own this node now. Once it has been started again, write to me; /help shows what I can do.",
  "summary.telegram confirm":
    "where a relay runs the bot: let an owner's messages count as the owner's, for a time",
  "example.telegram confirm": `{adyton} telegram confirm 123456789 --expires 2h
{adyton} telegram confirm revoke 123456789`,
  "option.confirm_expires":
    "when it ends, such as 2h or 3d; in 12 hours otherwise, after 7 days at most",
  "summary.telegram confirm list": "the owners who are confirmed now",
  "example.telegram confirm list": "{adyton} telegram confirm list",
  "summary.telegram confirm revoke": "take a confirmation back at once",
  "example.telegram confirm revoke": "{adyton} telegram confirm revoke 123456789",
  "confirm.done": "Until {at}, what {user} writes counts as the owner's.",
  "confirm.none": "Nobody is confirmed: owners are members where a relay runs the bot.",
  "confirm.until": "confirmed until {at}",
  "confirm.revoked": "{user} is a member again.",
  "confirm.bad_id": "{found} is no numeric id of Telegram.",
  "summary.pair": "let somebody speak to the bot: makes a one-time code for him to send",
  "example.pair": `{adyton} pair
{adyton} pair --name anna --expires 2h
{adyton} pair revoke anna`,
  "summary.pair list": "everybody let in by a code, and every code",
  "example.pair list": "{adyton} pair list",
  "summary.pair revoke": "take back a code, or the person it let in, at once",
  "example.pair revoke": "{adyton} pair revoke anna",
  "option.pair_name": "whom it is for; only you see it (default: person-1 and so on)",
  "option.pair_expires": "when the code ends, within a day (default: 15m)",
  "pair.made": "{name} sends this code to the bot, until {at}; it works once:",
  "pair.none": "Nobody was let in by a code.",
  "pair.columns": "name|state|id|since",
  "pair.waiting": "code until {at}",
  "pair.expired": "code ended {at}",
  "pair.paired": "may speak",
  "pair.revoked": "revoked {at}",
  "pair.done": "{name} is revoked and gets no answer any more.",
} as const;
