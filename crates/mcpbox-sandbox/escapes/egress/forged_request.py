# attack: ask the broker by a hand-made frame, past httpx and its checks
# expect: returns "denied"
# layers: supervisor
import json
import os
import struct


def main(canary):
    header = {"type": "http", "id": 1, "method": "GET", "url": f"http://127.0.0.1:{canary['tcp']}/", "headers": []}
    text = json.dumps(header).encode()
    os.write(3, struct.pack("<II", len(text), 0) + text)
    length, _ = struct.unpack("<II", os.read(3, 8))
    answer = json.loads(os.read(3, length))
    return answer["error"]["kind"] if "error" in answer else answer
