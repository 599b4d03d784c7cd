# A conversation, word by word, and what the journal says of it.
#   python3 examples/talk.py [HOME OF THE NODE] [ADDRESS]
import json
import pathlib
import sys

import requests

home = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "~/.adyton").expanduser()
address = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:7860"
node = requests.Session()
# The owner's token; one of your own with fewer rights is made by: adyton token add NAME --may say,read
node.headers["Authorization"] = "Bearer " + (home / "token").read_text().strip()


def say(text, **more):
    answer = node.post(f"{address}/api/v1/message", json={"text": text, **more}, timeout=600)
    if answer.status_code != 200:
        sys.exit(answer.json()["title"])  # Every error is a problem with a code, a title and often a detail.
    return answer.json()


# Messages of one conversation follow each other; the node remembers the earlier ones.
print(say("Как подключить Телеграм?", conversation="python")["text"])

# With stream the words come as server-sent events; the last one, answer, says that all is on disk.
asked = {"text": "And what is the journal?", "conversation": "python", "stream": True}
with node.post(f"{address}/api/v1/message", json=asked, stream=True, timeout=600) as answer:
    event = b""
    for line in answer.iter_lines():
        if line.startswith(b"event: "):
            event = line[7:]
        elif line.startswith(b"data: ") and event == b"delta":
            print(json.loads(line[6:])["text"], end="", flush=True)
print()

# The newest records of the journal.
for record in node.get(f"{address}/api/v1/events", params={"last": 3}, timeout=30).json()["events"]:
    print(record["seq"], record["type"])
