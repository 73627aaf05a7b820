# attack: send a result that is not UTF-8
# expect: not valid JSON
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":"\xff\xfe"}'))
    os.read(CALL, 1)
