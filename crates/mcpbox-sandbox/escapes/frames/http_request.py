# attack: speak another protocol
# expect: larger than
# layers: supervisor
# with: frames
def main(canary):
    send(b"GET / HTTP/1.1\r\n\r\n" + bytes(64))
    os.read(CALL, 1)
