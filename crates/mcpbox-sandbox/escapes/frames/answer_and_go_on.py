# attack: answer and keep computing, at the cost of others
# expect: returns 1
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, b'{"value":1,"content":[]}'))
    while True:
        pass
