# attack: leave a thread behind that sends a second answer
# expect: returns "first"
# layers: supervisor
# with: frames
import threading


def main(canary):
    def answer():
        while True:
            send(frame({"type": "log", "message": "still here"}))

    threading.Thread(target=answer, daemon=True).start()
    return "first"
