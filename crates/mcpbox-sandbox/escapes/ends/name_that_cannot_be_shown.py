# attack: raise an error whose class lies about its name
# expect: exception
# layers: supervisor
class Liar(type):
    @property
    def __name__(cls):
        raise SystemExit

    def __instancecheck__(cls, instance):
        raise SystemExit


class Hostile(Exception, metaclass=Liar):
    pass


def main(canary):
    raise Hostile
