# attack: send bytes that are no frame
# expect: larger than
# layers: supervisor
# with: frames
def main(canary):
    send(b"\xff" * 64)
    os.read(CALL, 1)
