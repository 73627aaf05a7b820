# attack: claim that the jail could not be set up and the tool did not run, so that it is run again and the operator is alarmed
# expect: reported long ago
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "broken", "reason": "nothing of this is true"}))
    os.read(CALL, 1)
