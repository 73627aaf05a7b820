# attack: send a frame in the smallest pieces
# expect: returns "slow"
# layers: supervisor
# with: frames
def main(canary):
    for byte in frame({"type": "result"}, b'{"value":"slow","content":[]}'):
        send(bytes([byte]))
    os.read(CALL, 1)
