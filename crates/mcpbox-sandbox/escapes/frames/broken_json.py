# attack: send a header that is not JSON
# expect: not a frame
# layers: supervisor
# with: frames
def main(canary):
    send(frame(b"{]"))
    os.read(CALL, 1)
