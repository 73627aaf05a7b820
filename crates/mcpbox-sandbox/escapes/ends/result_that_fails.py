# attack: return a value that fails while it is written out
# expect: exception
# layers: supervisor
class Hostile(dict):
    def items(self):
        raise SystemExit

    keys = values = __iter__ = items


def main(canary):
    return Hostile(a=1)
