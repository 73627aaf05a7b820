# attack: send control codes of terminals in a log line
# expect: returns "sent"
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "log", "message": "\x1b]0;owned\x07\x1b[2J\r\n"}))
    return "sent"
