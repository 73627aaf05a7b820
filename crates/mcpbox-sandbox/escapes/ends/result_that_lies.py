# attack: return a value that claims to be of another class
# expect: exception
# layers: supervisor
class Hostile:
    @property
    def __class__(self):
        return dict


def main(canary):
    return Hostile()
