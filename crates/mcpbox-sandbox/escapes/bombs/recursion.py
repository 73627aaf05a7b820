# attack: call without end
# expect: RecursionError
# layers: always
def main(canary):
    return main(canary)
