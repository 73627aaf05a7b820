# attack: raise an error that fails when it is described
# expect: exception
# layers: supervisor
class Hostile(Exception):
    def __str__(self):
        raise self


def main(canary):
    raise Hostile
