# attack: walk through the own root link
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open("/proc/self/root" + canary["private"]).read()
