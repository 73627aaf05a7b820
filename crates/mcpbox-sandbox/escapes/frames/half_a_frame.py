# attack: send half a frame and wait for ever
# expect: timeout
# layers: supervisor
# with: frames
import time


def main(canary):
    send(frame({"type": "result"}, b'{"value":', claim=500))
    time.sleep(60)
