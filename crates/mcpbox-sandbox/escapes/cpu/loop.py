# attack: compute for ever
# expect: cpu
# layers: limits supervisor
def main(canary):
    while True:
        pass
