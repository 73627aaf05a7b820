# attack: claim a header of four gigabytes
# expect: larger than
# layers: supervisor
# with: frames
def main(canary):
    send(struct.pack("<II", 0xFFFFFFFF, 0))
    os.read(CALL, 1)
