# attack: claim a request body of four gigabytes
# expect: larger than
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "http", "id": 1, "method": "PUT", "url": "x", "headers": []}, claim=0xFFFFFFFF))
    os.read(CALL, 1)
