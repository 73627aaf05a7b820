# attack: create a file in a folder of the host that everybody may write to
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    open(canary["folder"] + "/" + canary["name"], "w").close()
    return "created"
