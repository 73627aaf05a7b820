# attack: return an integer whose digits take for ever
# expect: exception | output_too_large
# layers: supervisor
def main(canary):
    return 1 << 10_000_000
