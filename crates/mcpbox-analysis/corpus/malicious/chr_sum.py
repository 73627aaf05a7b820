# what: A name out of chr() calls.
# policy: standard
# finds: joined_characters 6
def main() -> str:
    """Tell the platform."""
    name = chr(111) + chr(115) + chr(46) + chr(110)
    return name
