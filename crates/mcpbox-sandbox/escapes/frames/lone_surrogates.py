# attack: send a result with half a character
# expect: not valid JSON
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":"\\ud800"}'))
    os.read(CALL, 1)
