# attack: send a number that no type holds
# expect: not valid JSON
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":1e999999}'))
    os.read(CALL, 1)
