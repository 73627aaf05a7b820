# attack: raise what ordinary handlers do not catch
# expect: KeyboardInterrupt
# layers: supervisor
def main(canary):
    raise KeyboardInterrupt
