# attack: send a header of another type
# expect: not valid JSON | not a frame
# layers: supervisor
# with: frames
def main(canary):
    send(frame(b'["result"]'))
    os.read(CALL, 1)
