# attack: send what only the supervisor says
# expect: not a frame
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "run"}))
    os.read(CALL, 1)
