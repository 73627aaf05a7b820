# attack: claim a result of four gigabytes
# expect: output_too_large
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result"}, claim=0xFFFFFFFF))
    os.read(CALL, 1)
