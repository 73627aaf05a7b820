# attack: hand the supervisor compiled code that later calls of the same source would run
# expect: nobody asked for
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "code"}, b"\xe3" + bytes(40)))
    os.read(CALL, 1)
