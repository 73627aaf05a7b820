# attack: use up the memory in one piece
# expect: memory
# layers: limits
def main(canary):
    return len(bytes(150 << 20))
