# attack: read the environment of a process of the same user
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open(f"/proc/{canary['pid']}/environ").read()
