# attack: read a file of the host that everybody may read
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open(canary["public"]).read()
