# attack: send an endless row of empty frames
# expect: not a frame
# layers: supervisor
# with: frames
def main(canary):
    while True:
        send(bytes(65536))
