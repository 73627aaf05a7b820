# attack: read a private file of the host that belongs to the jail's own user
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open(canary["private"]).read()
