# attack: make requests for ever and never read the answers, which pile up in the supervisor
# expect: answers unread
# layers: supervisor
# with: frames
def main(canary):
    words = frame({"type": "http", "id": 1, "method": "GET", "url": "http://localhost/", "headers": []}) * 1000
    while True:
        send(words)
