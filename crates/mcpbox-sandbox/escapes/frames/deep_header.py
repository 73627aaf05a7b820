# attack: overflow the stack of the parser with a deep header
# expect: not a frame
# layers: supervisor
# with: frames
def main(canary):
    send(frame(b'{"type":"log","message":' + b"[" * 20000 + b"]" * 20000 + b"}"))
    os.read(CALL, 1)
