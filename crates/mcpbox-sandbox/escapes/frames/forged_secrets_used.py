# attack: claim to have read secrets and modules nobody granted, to falsify the record
# expect: returns "forged"
# layers: supervisor
# with: frames
def main(canary):
    send(frame({"type": "result", "secrets": ["ADMIN_KEY"], "cpu_us": 2**60, "peak_kb": 2**50}, b'{"value":"forged","content":[]}'))
    os.read(CALL, 1)
