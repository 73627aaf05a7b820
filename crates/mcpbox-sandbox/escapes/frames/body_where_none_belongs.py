# attack: give a body to a message that has none
# expect: larger than
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "log", "message": "x"}, b"x" * 1000))
    os.read(CALL, 1)
