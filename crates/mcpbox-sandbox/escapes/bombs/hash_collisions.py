# attack: use up time with keys that all collide
# expect: cpu | timeout
# layers: limits supervisor
def main(canary):
    step = 2**61 - 1
    return len({step * number for number in range(200_000)})
