# attack: report progress for ever
# expect: timeout
# layers: supervisor
# with: frames
def main(canary):
    words = frame({"type": "progress", "done": 1.0, "total": None, "message": "x" * 500}) * 100
    while True:
        send(words)
