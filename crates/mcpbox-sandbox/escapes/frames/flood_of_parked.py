# attack: say the same harmless word for ever, so that the supervisor does nothing else
# expect: reported long ago
# layers: supervisor
# with: frames
def main(canary):
    words = frame({"type": "parked"}) * 1000
    while True:
        send(words)
