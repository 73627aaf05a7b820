# attack: log for ever
# expect: timeout
# layers: supervisor
# with: frames
def main(canary):
    words = frame({"type": "log", "message": "x" * 500}) * 100
    while True:
        send(words)
