# attack: report a failure of a kind that only the supervisor may report
# expect: exception: x
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "error", "failure": {"kind": "unavailable", "message": "x"}}))
    os.read(CALL, 1)
