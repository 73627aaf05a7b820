# attack: answer twice, so that the second answer is taken for that of the next call
# expect: returns 1
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":1,"content":[]}') + frame({"type": "result"}, b'{"value":2,"content":[]}'))
    os.read(CALL, 1)
