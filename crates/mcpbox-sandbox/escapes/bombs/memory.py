# attack: use up the memory
# expect: memory
# layers: limits
def main(canary):
    kept = [bytearray(1 << 20) for _ in range(150)]
    return len(kept)
