# attack: climb above the root with ..
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open("/tmp/" + "../" * 40 + canary["public"].lstrip("/")).read()
