# attack: read the accounts of the host
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open("/etc/passwd").read()
