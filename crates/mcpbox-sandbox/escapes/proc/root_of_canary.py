# attack: walk through the root link of a process outside
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open(f"/proc/{canary['pid']}/root{canary['private']}").read()
