# attack: overflow the stack of the parser with a deep result
# expect: not valid JSON
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":' + b"[" * 50000 + b"]" * 50000 + b"}"))
    os.read(CALL, 1)
