# what: A direction mark makes code look like a comment.
# finds: invisible_character 5
def main(role: str) -> bool:
    """Whether the role may delete."""
    allowed = "user‮ ⁦# only admins⁩ ⁦"
    return role == allowed
