# attack: return something that contains itself
# expect: nested
# layers: supervisor
def main(canary):
    value = []
    value.append(value)
    return value
