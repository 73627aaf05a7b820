# attack: send half a frame and end
# expect: exited with code 0
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":', claim=500))
    os._exit(0)
