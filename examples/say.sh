#!/bin/sh
# Three ways to speak with a node from a shell.
#   examples/say.sh [HOME OF THE NODE] [ADDRESS]
set -eu
home=${1:-$HOME/.adyton}
address=${2:-http://localhost:7860}

# Over HTTP, with no token: a caller of this machine may talk.
curl -sS "$address/api/v1/message" -H 'Content-Type: application/json' -d '{"text": "describe_self"}'
echo

# The same over the unix socket: whoever may open it speaks as the owner, so the journal is there too.
curl -sS --unix-socket "$home/adyton.sock" 'http://localhost/api/v1/events?last=1'
echo

# A message a line, each with an id; every answer carries it. -t: how long socat waits once its input has ended.
socat -t 600 - "UNIX-CONNECT:$home/adyton.sock" <<'LINES'
{"type": "message", "id": "1", "text": "How do I connect Telegram?"}
{"type": "search", "id": "2", "q": "подключить телеграм"}
LINES
