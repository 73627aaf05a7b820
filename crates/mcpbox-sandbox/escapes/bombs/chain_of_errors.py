# attack: raise an error that has thousands of causes
# expect: exception
# layers: supervisor
def main(canary):
    error = None
    for number in range(20_000):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    raise error
