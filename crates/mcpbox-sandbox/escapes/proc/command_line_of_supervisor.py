# attack: read the command line of the server
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open(f"/proc/{canary['supervisor']}/cmdline").read()
